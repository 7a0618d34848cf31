SELECT
    CASE WHEN COUNT_BIG(*) >= 5 THEN SpecVersion0 END AS SpecVersion,
    CAST(IsEnabled_InitialValue0 AS int) AS Enabled,
    CAST(IsActivated_InitialValue0 AS int) AS Activated,
    CAST(IsOwned_InitialValue0 AS int) AS Owned,
    COUNT_BIG(*) AS Devices
FROM v_GS_TPM
GROUP BY SpecVersion0, IsEnabled_InitialValue0, IsActivated_InitialValue0, IsOwned_InitialValue0

//! What SQL Server tells about the database, and the product about its own views.

use crate::tsql::{DATABASE_ID, DAY, Family, HOUR, Object, family, type_name, width};

use super::{
    DataError,
    fill::{Filler, put},
    hierarchy::Sites,
    plan::Plan,
    random::Random,
    schema::Schema,
};

/// Tables that the product makes, and some that its documentation names.
const TABLES: [&str; 40] = [
    "System_DISC",
    "System_DATA",
    "Collections_G",
    "Collection_Rules",
    "CollectionMembers_G",
    "CI_ConfigurationItems",
    "CI_CurrentComplianceStatus",
    "CI_CIAssignments",
    "CI_DocumentStore",
    "CI_LocalizedProperties",
    "SMSPackages_G",
    "PkgServers_G",
    "PkgStatus_G",
    "ProgramOffers",
    "StatusMessages",
    "StatusMessageInsStrs",
    "StatusMessageAttributes",
    "DiscoveryArchitectures",
    "PC_BIOS_DATA",
    "Operating_System_DATA",
    "Processor_DATA",
    "Computer_System_DATA",
    "System_Enclosure_DATA",
    "Logical_Disk_DATA",
    "TPM_DATA",
    "Firmware_DATA",
    "WorkstationStatus_DATA",
    "INSTALLED_SOFTWARE_DATA",
    "SoftwareFile",
    "SoftwareInventory",
    "SoftwareProduct",
    "Update_ScanStatus",
    "Update_ComplianceStatus",
    "CH_ClientSummary",
    "ClientDeploymentState",
    "BoundaryEx",
    "BoundaryGroup",
    "DistributionPoints",
    "ServerData",
    "TEL_TelemetryResults",
];

/// What somebody has added, which schema drift is to find.
const CUSTOM: [&str; 3] = ["Contoso_AssetLedger", "zz_import_2019", "tmp_KeepMe"];

const PROCEDURES: [&str; 24] = [
    "spProcessStateReport",
    "sp_UpdateCollectionMembership",
    "spGetPolicyAssignments",
    "spCollectionEvaluate",
    "spInsertStatusMessage",
    "spDrsSendChangesForGroup",
    "spDrsActivation",
    "spUpdateClientSummary",
    "MP_GetPolicyBody",
    "MP_GetContentDPInfo",
    "MP_GetMPSitesFromAssignedSite",
    "spUpdateComplianceStatus",
    "spSummarizeCIComplianceStatus",
    "spRunSummaryTask",
    "spGetPendingCollections",
    "spEvaluateRules",
    "spQueueOutboxMessage",
    "spDeleteAgedStatus",
    "spGetInventoryArchitecture",
    "spUpsertMachine",
    "spUpsertHardwareScan",
    "spGetLockedItems",
    "spTelRunQueries",
    "spGetContentLibrary",
];

pub(crate) fn fill(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    schema: &Schema,
    origin: i64,
) -> Result<(), DataError> {
    let born = origin - 900 * DAY;
    put!(filler, "sys.schemas", name: "dbo", schema_id: 1)?;
    put!(filler, "sys.schemas", name: "INFORMATION_SCHEMA", schema_id: 3)?;
    put!(filler, "sys.schemas", name: "sys", schema_id: 4)?;
    tables(filler, plan, sites, born, origin)?;
    procedures(filler, plan, born, origin)?;
    views(filler, sites, schema, born)?;
    database(filler, sites, born)
}

fn object(
    filler: &mut Filler<'_>,
    name: &str,
    id: i64,
    kind: (&str, &str),
    born: i64,
) -> Result<(), DataError> {
    put!(filler, "sys.objects",
        name: name, object_id: id, schema_id: 1, type: kind.0, type_desc: kind.1, create_date: born, is_ms_shipped: false)
}

fn tables(
    filler: &mut Filler<'_>,
    plan: &Plan,
    sites: &Sites,
    born: i64,
    origin: i64,
) -> Result<(), DataError> {
    for (number, name) in (0..).zip(TABLES.iter().chain(&CUSTOM)) {
        let id = 101_575_400 + number * 1_600;
        let mut random = Random::new(plan.seed, "tables", u64::try_from(number).unwrap_or(0));
        put!(filler, "sys.tables",
            name: *name, object_id: id, schema_id: 1, type: "U ", type_desc: "USER_TABLE", create_date: born,
            modify_date: origin - random.below(400) * DAY, is_ms_shipped: false)?;
        put!(filler, "INFORMATION_SCHEMA.TABLES",
            TABLE_CATALOG: format!("CM_{}", sites.top().code), TABLE_SCHEMA: "dbo", TABLE_NAME: *name, TABLE_TYPE: "BASE TABLE")?;
        object(filler, name, id, ("U ", "USER_TABLE"), born)?;
        let rows = random.between(10, 400) * random.between(1, 20) * i64::from(plan.devices).max(10) / 100;
        // The clustered index has the rows, and each other one counts them again.
        for (index, share) in [(1, 1), (2, 6)].into_iter().take(if number % 3 == 0 { 2 } else { 1 }) {
            let used = rows / 20 / share + 1;
            put!(filler, "sys.dm_db_partition_stats",
                partition_id: 72_057_594_038_845_440 + number * 65_536 + index, object_id: id, index_id: index,
                partition_number: 1, in_row_data_page_count: used, used_page_count: used + 2, reserved_page_count: used + 9, row_count: rows)?;
        }
    }
    Ok(())
}

fn procedures(filler: &mut Filler<'_>, plan: &Plan, born: i64, origin: i64) -> Result<(), DataError> {
    for (number, name) in (0..).zip(PROCEDURES) {
        let id = 501_576_800 + number * 1_600;
        let mut random = Random::new(plan.seed, "procedures", u64::try_from(number).unwrap_or(0));
        object(filler, name, id, ("P ", "SQL_STORED_PROCEDURE"), born)?;
        let executions = random.between(20, 90_000);
        let worker = executions * random.between(80, 9_000);
        put!(filler, "sys.dm_exec_procedure_stats",
            database_id: DATABASE_ID, object_id: id, type_desc: "SQL_STORED_PROCEDURE", cached_time: origin - random.between(1, 200) * HOUR,
            last_execution_time: origin - random.below(3600) * HOUR / 3600, execution_count: executions, total_worker_time: worker,
            total_logical_reads: executions * 12, total_elapsed_time: worker * 3 / 2)?;
        // The same procedure of another database, which no query of ours may see.
        put!(filler, "sys.dm_exec_procedure_stats",
            database_id: DATABASE_ID + 1, object_id: id + 7, type_desc: "SQL_STORED_PROCEDURE", cached_time: origin,
            last_execution_time: origin, execution_count: executions * 3, total_worker_time: worker * 3, total_logical_reads: 1, total_elapsed_time: worker * 4)?;
    }
    Ok(())
}

fn kind_of(view: &str) -> &'static str {
    if view.starts_with("v_GS_") {
        "Inventory"
    } else if view.starts_with("v_R_") || view == "v_AgentDiscoveries" {
        "Discovery"
    } else if view.contains("Update") || view.starts_with("v_CI") || view == "v_AuthListInfo" {
        "Software Updates"
    } else if view.starts_with("v_Ful") || view.starts_with("v_Col") {
        "Collection"
    } else {
        "Site"
    }
}

fn views(filler: &mut Filler<'_>, sites: &Sites, schema: &Schema, born: i64) -> Result<(), DataError> {
    for (number, view) in (0..).zip(&schema.views) {
        let id = 901_577_000 + number * 1_600;
        put!(filler, "v_SchemaViews", Type: kind_of(&view.name), ViewName: &view.name)?;
        put!(filler, "sys.views",
            name: &view.name, object_id: id, schema_id: 1, type: "V ", type_desc: "VIEW", create_date: born)?;
        put!(filler, "INFORMATION_SCHEMA.TABLES",
            TABLE_CATALOG: format!("CM_{}", sites.top().code), TABLE_SCHEMA: "dbo", TABLE_NAME: &view.name, TABLE_TYPE: "VIEW")?;
        object(filler, &view.name, id, ("V ", "VIEW"), born)?;
        columns(filler, sites, view, id)?;
        if let Some(class) = view.name.strip_prefix("v_GS_") {
            let group = number + 1;
            put!(filler, "v_GroupMap",
                GroupID: group, ResourceType: 5, DisplayName: class, InvClassName: &view.name, MIFClass: format!("MICROSOFT|{class}|1.0"))?;
            for column in view.columns.iter().skip(1) {
                put!(filler, "v_GroupAttributeMap",
                    GroupID: group, ResourceType: 5, AttributeName: column.name.trim_end_matches('0'), ColumnName: &column.name)?;
            }
        }
    }
    Ok(())
}

fn columns(filler: &mut Filler<'_>, sites: &Sites, view: &Object, id: i64) -> Result<(), DataError> {
    for (ordinal, column) in (1..).zip(&view.columns) {
        put!(filler, "v_ReportViewSchema", ViewName: &view.name, ViewColumnName: &column.name)?;
        put!(filler, "sys.columns",
            object_id: id, name: &column.name, column_id: ordinal, is_nullable: column.nullable)?;
        // -1 is `max`.
        let length =
            (family(column.sql_type) == Family::Text).then(|| width(column.sql_type).map_or(-1, i64::from));
        put!(filler, "INFORMATION_SCHEMA.COLUMNS",
            TABLE_CATALOG: format!("CM_{}", sites.top().code), TABLE_SCHEMA: "dbo", TABLE_NAME: &view.name,
            COLUMN_NAME: &column.name, ORDINAL_POSITION: ordinal, IS_NULLABLE: if column.nullable { "YES" } else { "NO" },
            DATA_TYPE: type_name(column.sql_type), CHARACTER_MAXIMUM_LENGTH: length)?;
    }
    Ok(())
}

fn database(filler: &mut Filler<'_>, sites: &Sites, born: i64) -> Result<(), DataError> {
    let name = format!("CM_{}", sites.top().code);
    for (id, file, kind, kind_words, size) in [
        (1, format!("{name}.mdf"), 0, "ROWS", 1_310_720),
        (2, format!("{name}_log.ldf"), 1, "LOG", 393_216),
        (3, format!("{name}_2.ndf"), 0, "ROWS", 655_360),
    ] {
        put!(filler, "sys.database_files",
            file_id: id, type: kind, type_desc: kind_words, name: file.split('.').next().unwrap_or_default(),
            physical_name: format!("E:\\SQL\\{file}"), state_desc: "ONLINE", size: size, max_size: -1, growth: 131_072)?;
    }
    put!(filler, "sys.databases",
        name: &name, database_id: DATABASE_ID, create_date: born, compatibility_level: 150,
        collation_name: "SQL_Latin1_General_CP1_CI_AS", state_desc: "ONLINE", recovery_model_desc: "SIMPLE", is_read_only: false,
        is_broker_enabled: true)?;
    put!(filler, "sys.change_tracking_databases",
        database_id: DATABASE_ID, is_auto_cleanup_on: true, retention_period: 5, retention_period_units: 3,
        retention_period_units_desc: "DAYS")
}

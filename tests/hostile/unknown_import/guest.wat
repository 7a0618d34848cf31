(component
    (import "IMPORT" (instance (export "take" (func (result u32)))))
    (instance $rule)
    (export "glasshouse:plugin/redaction@1.0.0" (instance $rule)))

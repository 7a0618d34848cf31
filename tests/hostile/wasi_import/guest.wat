(component
    (import "wasi:filesystem/preopens@0.2.0" (instance
        (export "get-directories" (func (result u32)))))
    (instance $rule)
    (export "glasshouse:plugin/redaction@1.0.0" (instance $rule)))

(import "glasshouse:plugin/diagnostics@1.0.0" "log" (func $log (param i32 i32 i32)))
(data (i32.const 4096) "flood")
(func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.apply")
    (param i32 i32 i32 i32) (result i32)
    (loop $forever
        (call $log (i32.const 0) (i32.const 4096) (i32.const 5))
        (br $forever))
    (i32.const 0))

(import "glasshouse:plugin/payload@1.0.0" "[constructor]body" (func $body (result i32)))
(import "glasshouse:plugin/payload@1.0.0" "[method]body.literal" (func $literal (param i32 i32 i32 i32)))
(func (export "glasshouse:plugin/delivery@1.0.0#render")
    (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (loop $forever
        (call $literal (call $body) (i32.const 65536) (i32.const 4096) (i32.const 2048))
        (br $forever))
    (i32.const 0))

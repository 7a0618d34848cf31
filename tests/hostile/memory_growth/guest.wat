(func (export "glasshouse:plugin/redaction@1.0.0#[method]redactor.apply")
    (param i32 i32 i32 i32) (result i32)
    (loop $forever (drop (memory.grow (i32.const 16))) (br $forever))
    (i32.const 0))

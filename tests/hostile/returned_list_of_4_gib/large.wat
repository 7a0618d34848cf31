(memory (export "memory") 8192)
(data (i32.const 2048) "\00\00\00\00" "\00\00\01\00" "\00\00\00\18")
(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.finish") (param i32) (result i32)
    (i32.const 2048))

(import "glasshouse:plugin/table@1.0.0" "[constructor]builder" (func $builder (param i32 i32 i32) (result i32)))
(import "glasshouse:plugin/table@1.0.0" "[static]builder.finish" (func $finish (param i32 i32)))
(data (i32.const 4096) "people")
;; Four billion rows, all of them null.
(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.take")
    (param i32 i32 i32 i32) (result i32)
    (call $finish
        (call $builder (i32.const 4096) (i32.const 6) (i32.const 0xffffffff)) (i32.const 2048))
    (call $drop-batch (local.get 3))
    (i32.const 2048))

(import "glasshouse:plugin/table@1.0.0" "[constructor]builder" (func $builder (param i32 i32 i32) (result i32)))
(import "glasshouse:plugin/table@1.0.0" "[method]builder.put-int" (func $put-int (param i32 i32 i32 i32 i32 i32 i32)))
(memory (export "memory") 200)
(data (i32.const 4096) "people")
;; A million ages, put into builder after builder.
(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.take")
    (param i32 i32 i32 i32) (result i32)
    (loop $forever
        (call $put-int
            (call $builder (i32.const 4096) (i32.const 6) (i32.const 1000000)) (i32.const 1)
            (i32.const 0) (i32.const 0)
            (i32.const 131072) (i32.const 1000000)
            (i32.const 2048))
        (br $forever))
    (i32.const 0))

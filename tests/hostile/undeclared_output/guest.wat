;; Whatever it gets, it gives out as `people`, and does not mind a refusal.
(import "glasshouse:plugin/output@1.0.0" "forward" (func $forward (param i32 i32 i32 i32)))
(data (i32.const 4096) "people")
(func (export "glasshouse:plugin/shaping@1.0.0#[method]shaper.take")
    (param i32 i32 i32 i32) (result i32)
    (call $forward (i32.const 4096) (i32.const 6) (local.get 3) (i32.const 2048))
    (call $drop-batch (local.get 3))
    (global.get $ok))

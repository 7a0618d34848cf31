;; ok(next(1)): no error at 2048, case 3 at 2052, the number at 2056
(func (export "glasshouse:plugin/delivery@1.0.0#interpret")
    (param i32 i32 i32 i32 i32 i32) (result i32)
    (i32.store (i32.const 2052) (i32.const 3))
    (i32.store (i32.const 2056) (i32.const 1 (; the next ;)))
    (i32.const 2048))

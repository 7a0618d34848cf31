(memory (export "memory") 16384)
(data (i32.const 65536) "near")
(data (i32.const 0x3ffffff0) "far")

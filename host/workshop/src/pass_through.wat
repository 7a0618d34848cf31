;; A telemetry query that hands each batch on as it is: what most queries need, since their work is
;; done in SQL. It reads nothing, keeps nothing, and forwards by handle, so no row enters it.
(module
  (import "glasshouse:plugin/output@1.1.0" "forward"
    (func $forward (param $name i32) (param $length i32) (param $batch i32) (param $result i32)))
  (import "glasshouse:plugin/table@1.1.0" "[resource-drop]batch" (func $drop (param i32)))
  (import "[export]glasshouse:plugin/shaping@1.1.0" "[resource-new]shaper"
    (func $new (param i32) (result i32)))

  (memory (export "memory") 1)

  ;; A result of `forward`, `take` or `finish`: the first 16 bytes. What the host hands over begins
  ;; after it, and is forgotten when the call ends.
  (global $result i32 (i32.const 0))
  (global $first_free i32 (i32.const 16))
  (global $free (mut i32) (i32.const 16))

  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    (local $pages i32)
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $size)))
    ;; Past 4 GiB the sum wraps around; no limit lets a context be so long, but then a trap is right.
    (if (i32.lt_u (global.get $free) (local.get $start)) (then unreachable))
    (local.set $pages
      (i32.sub
        (i32.shr_u (i32.add (global.get $free) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))))
    (memory.copy (local.get $start) (local.get $old) (local.get $old_size))
    (local.get $start))

  ;; The context, taken apart as the canonical ABI does: run, scheduled, level, site, hierarchy,
  ;; settings, state. None of it matters here.
  (func (export "glasshouse:plugin/shaping@1.1.0#[constructor]shaper")
    (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (global.set $free (global.get $first_free))
    (call $new (i32.const 1)))

  (func (export "glasshouse:plugin/shaping@1.1.0#[method]shaper.take")
    (param $self i32) (param $name i32) (param $length i32) (param $batch i32) (result i32)
    (call $forward (local.get $name) (local.get $length) (local.get $batch) (global.get $result))
    (call $drop (local.get $batch))
    (global.set $free (global.get $first_free))
    (global.get $result))

  ;; Ok with an empty list.
  (func (export "glasshouse:plugin/shaping@1.1.0#[method]shaper.finish")
    (param $self i32) (result i32)
    (memory.fill (global.get $result) (i32.const 0) (i32.const 16))
    (global.get $result))
)

//! What wit-bindgen makes of `wit/`: the interfaces once, then one module for each world's exports,
//! so that a query, a rule and a target speak of the same `Batch` and `Context`.

/// The interfaces that plugins import, from a world that exists only here.
mod imports {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "
            package glasshouse:sdk;
            world everything {
                import glasshouse:plugin/table@1.1.0;
                import glasshouse:plugin/run@1.1.0;
                import glasshouse:plugin/output@1.1.0;
                import glasshouse:plugin/diagnostics@1.1.0;
                import glasshouse:plugin/kernels@1.1.0;
                import glasshouse:plugin/payload@1.1.0;
            }
        ",
        world: "glasshouse:sdk/everything",
        generate_all,
    });
}

pub use imports::glasshouse::plugin::{diagnostics, kernels, output, payload, run, table};

/// The exports of a telemetry query.
pub mod query {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "glasshouse:plugin/telemetry-query",
        with: {
            "glasshouse:plugin/table@1.1.0": crate::bindings::table,
            "glasshouse:plugin/run@1.1.0": crate::bindings::run,
            "glasshouse:plugin/output@1.1.0": crate::bindings::output,
            "glasshouse:plugin/diagnostics@1.1.0": crate::bindings::diagnostics,
        },
        pub_export_macro: true,
        export_macro_name: "export_query",
        default_bindings_module: "glasshouse_sdk::bindings::query",
    });
}

/// The exports of a redaction rule.
pub mod rule {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "glasshouse:plugin/redaction-rule",
        with: {
            "glasshouse:plugin/table@1.1.0": crate::bindings::table,
            "glasshouse:plugin/run@1.1.0": crate::bindings::run,
            "glasshouse:plugin/kernels@1.1.0": crate::bindings::kernels,
            "glasshouse:plugin/diagnostics@1.1.0": crate::bindings::diagnostics,
        },
        pub_export_macro: true,
        export_macro_name: "export_rule",
        default_bindings_module: "glasshouse_sdk::bindings::rule",
    });
}

/// The exports of an upload target.
pub mod target {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "glasshouse:plugin/upload-target",
        with: {
            "glasshouse:plugin/table@1.1.0": crate::bindings::table,
            "glasshouse:plugin/run@1.1.0": crate::bindings::run,
            "glasshouse:plugin/payload@1.1.0": crate::bindings::payload,
            "glasshouse:plugin/diagnostics@1.1.0": crate::bindings::diagnostics,
        },
        pub_export_macro: true,
        export_macro_name: "export_target",
        default_bindings_module: "glasshouse_sdk::bindings::target",
    });
}

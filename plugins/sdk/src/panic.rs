use std::sync::Once;

use crate::diagnostics;

/// Lets the host hear a panic's message and place before the plugin traps; without it a person
/// reads nothing but "unreachable".
pub(crate) fn speak_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|info| diagnostics::fail(&info.to_string()))));
}

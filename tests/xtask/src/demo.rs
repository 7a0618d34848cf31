use crate::Failed;
pub fn run() -> Result<(), Failed> {
    Err("not there".to_owned())
}

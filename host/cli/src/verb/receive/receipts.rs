use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::Args;
use glasshouse_contract::{Fault, FaultKind, Name};
use glasshouse_receive::ReceiveError;

use super::{Place, fault};
use crate::{Ended, screen};

/// Writes a tenant's receipts to a folder, one file each
///
/// A receipt says that a request was stored, or that it was deleted, and how far the sender's audit log was when it
/// came. With them the sender's auditors see whether the log was rolled back: receipts hold digests and no data.
/// A file that is there already, with the same receipt, stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  glasshouse receive receipts /srv/receiver --tenant contoso --out ./receipts")]
pub struct Receipts {
    #[command(flatten)]
    place: Place,

    /// Whose receipts
    #[arg(long, value_name = "NAME")]
    tenant: Name,

    /// The folder for them
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Receipts {
    pub fn run(self) -> Result<Ended, Fault> {
        let store = self.place.store()?;
        let signer = self.place.folder().signer().map_err(fault)?;
        let file = |path: &Path| {
            let path = path.to_owned();
            move |source| ReceiveError::File { path, source }
        };
        fs::create_dir_all(&self.out).map_err(file(&self.out)).map_err(fault)?;
        let mut written = 0_u64;
        let mut differs = None;
        store
            .each_request(Some(&self.tenant), u64::MAX, |kept| {
                for receipt in kept.receipts()? {
                    let path = self.out.join(format!("{}.{}.receipt", receipt.request.hex(), receipt.deed));
                    let note = receipt.sign(&signer);
                    match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                        Ok(mut out) => {
                            std::io::Write::write_all(&mut out, note.as_bytes()).map_err(file(&path))?;
                        }
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                            if fs::read(&path).map_err(file(&path))? != note.as_bytes() {
                                differs.get_or_insert(path);
                                continue;
                            }
                        }
                        Err(error) => return Err(file(&path)(error)),
                    }
                    written += 1;
                }
                Ok(())
            })
            .map_err(fault)?;
        if let Some(path) = differs {
            return Err(Fault::new(
                FaultKind::Finding,
                path.display(),
                "there is another text in it than the receipt that belongs there",
                "keep both, and find out who wrote it; --out another folder writes all receipts anew",
            ));
        }
        let out = screen::line(&self.out.display().to_string());
        screen::print(&format!("{written} receipts of {} are in {out}", self.tenant));
        Ok(Ended::Well)
    }
}

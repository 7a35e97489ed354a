//! What users get: the compiler, its backend, the runtime and the library.

use crate::project::{Project, copy_file, copy_folder};
use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::path::Path;

/// The version that the name of the package tells.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Installs into `prefix`, and says so.
pub fn install(project: &Project, prefix: &Path) -> Result<()> {
    copy_to(project, prefix)?;
    println!("installed {}", prefix.join("bin/kea").display());
    Ok(())
}

/// Copies what users get into `prefix`.
fn copy_to(project: &Project, prefix: &Path) -> Result<()> {
    ensure!(project.build("bin/kea").exists(), "there is no build/kea yet: run ./bootstrap.sh");
    for name in ["bin/kea", "bin/kea.digest", "bin/kea-backend", "lib/libkea_runtime.a"] {
        copy_file(&project.build(name), &prefix.join(name))?;
    }
    copy_folder(&project.library(), &prefix.join("lib/kea"))
}

/// Packs an installation as `build/kea-VERSION-TARGET.tar.gz`.
pub fn pack(project: &Project) -> Result<()> {
    let name = format!("kea-{VERSION}-{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let tree = folder.path().join(&name);
    copy_to(project, &tree)?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy_file(&project.root.join(license), &tree.join(license))?;
    }
    let path = project.build(format!("{name}.tar.gz"));
    let temporary = path.with_extension("tmp");
    let file = File::create(&temporary).with_context(|| format!("cannot write {}", temporary.display()))?;
    let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
    archive.mode(tar::HeaderMode::Deterministic);
    archive.append_dir_all(&name, &tree).context("cannot pack the installation")?;
    archive.into_inner()?.finish()?.sync_all()?;
    std::fs::rename(&temporary, &path).with_context(|| format!("cannot write {}", path.display()))?;
    println!("packed {}", path.display());
    Ok(())
}

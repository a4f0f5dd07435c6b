//! What is made before the program: its language files, packed, and a shorter list of its own addresses where the system
//! can read that.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The first C library that starts programs with packed relocations (in hundredths of its version).
const GLIBC_WITH_RELR: u32 = 236;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    pack_languages()?;
    // What only the linker understands that Rust brings for this target.
    if env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu") {
        // Functions that came out alike are kept once.
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
        if is_built_for_here() && glibc().is_some_and(|version| version >= GLIBC_WITH_RELR) {
            println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
    Ok(())
}

/// Half a megabyte of text takes a third of that in the program.
fn pack_languages() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=locales");
    let into = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
    for file in fs::read_dir("locales")? {
        let path = file?.path();
        let Some(tag) = path.file_stem().filter(|_| path.extension().is_some_and(|kind| kind == "toml")) else {
            continue;
        };
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&fs::read(&path)?)?;
        fs::write(into.join(tag).with_extension("deflate"), packed.finish()?)?;
    }
    Ok(())
}

/// Whether the program will run on a system like the one that builds it.
fn is_built_for_here() -> bool {
    let of = |name| env::var(name).unwrap_or_default();
    of("HOST") == of("TARGET")
}

/// The version of this system's C library, if it is GNU's.
fn glibc() -> Option<u32> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some(major.parse::<u32>().ok()? * 100 + minor.parse::<u32>().ok()?)
}

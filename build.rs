//! What is made before the program: its language files and the files that browsers get, packed, and a shorter list of its
//! own addresses where the system can read that.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The first C library that starts programs with packed relocations (in hundredths of its version).
const GLIBC_WITH_RELR: u32 = 236;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let into = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
    pack("locales", &into)?;
    list("static", &pack("static", &into)?, &into.join("static.rs"))?;
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

/// Packs every file below `folder` to the same path below `into`, and gives their names below the folder: of the better
/// half a megabyte of text that they are, the program carries a quarter.
fn pack(folder: &str, into: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={folder}");
    let mut names = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(from) = folders.pop() {
        fs::create_dir_all(into.join(&from))?;
        for file in fs::read_dir(from)? {
            let path = file?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut packed = brotli::CompressorWriter::new(Vec::new(), 16 * 1024, 11, 20);
            packed.write_all(&fs::read(&path)?)?;
            fs::write(into.join(&path), packed.into_inner())?;
            names.push(path.strip_prefix(folder)?.to_str().ok_or("a name is no text")?.replace('\\', "/"));
        }
    }
    names.sort();
    Ok(names)
}

/// Writes an array of the packed files of a folder, each with its name.
fn list(folder: &str, names: &[String], into: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut array = String::from("[");
    for name in names {
        write!(array, "({name:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{folder}/{name}\")).as_slice()),")?;
    }
    array.push(']');
    Ok(fs::write(into, array)?)
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

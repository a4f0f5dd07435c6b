//! Packs the language files, half a megabyte of text that takes a third of that in the program.

use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
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

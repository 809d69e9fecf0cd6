//! One folder a format: each turns bytes into facts and children, and never says that something is bad.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::string_slice,
        clippy::unreachable
    )
)]

use base::{format::Format, sink::Codec};

mod fields;
mod flatbuffer;
mod listed;
mod names;
mod padding;
mod pieces;
mod program;

mod identified;
#[cfg(test)]
mod reading;
mod structured;
pub mod sweep;
mod told;
mod whole;

/// Declares the formats: a module with a `FORMAT` constant each (or several, as `module::NAME`).
macro_rules! formats {
    (modules { $($module:ident),* $(,)? } list { $($path:path),* $(,)? }) => {
        $(pub mod $module;)*

        /// Every format that has a reader, most specific first: the one explicit list.
        const READ: &[&Format] = &[$(&$path),*];
    };
}

/// Every format: those with a reader, most specific first, then those that are only recognised.
pub const FORMATS: &[&Format] = &{
    let mut all = [&text::PLAIN; READ.len() + identified::FORMATS.len()];
    let (read, recognised) = all.split_at_mut(READ.len());
    read.copy_from_slice(READ);
    recognised.copy_from_slice(identified::FORMATS);
    all
};

/// Declares the codecs.
macro_rules! codecs {
    (modules { $($module:ident),* $(,)? } list { $($path:path),* $(,)? }) => {
        $(mod $module;)*

        /// Every codec: the one explicit list.
        pub const CODECS: &[&Codec] = &[$(&$path),*];
    };
}

formats! {
    modules {
        dockerfile,
        ini,
        mlproject,
        path_file,
        xml,
        yaml,
        inert,
        java,
        jinja,
        json,
        lua,
        native,
        npy,
        text,
        ar,
        cab,
        compressed,
        cpio,
        iso,
        pickle,
        shell,
        python,
        r,
        rar,
        sevenz,
        squashfs,
        store,
        tar,
        torch7,
        torch_mobile,
        wasm,
        xar,
        zip,
    }
    list {
        npy::FORMAT,
        zip::FORMAT,
        tar::FORMAT,
        ar::FORMAT,
        cpio::FORMAT,
        sevenz::FORMAT,
        cab::FORMAT,
        rar::FORMAT,
        iso::FORMAT,
        xar::FORMAT,
        squashfs::FORMAT,
        store::sqlite::FORMAT,
        store::gdbm::FORMAT,
        store::berkeley::FORMAT,
        store::dumb::FORMAT,
        pickle::FORMAT,
        python::FORMAT,
        python::BYTECODE,
        python::MARSHAL,
        torch7::FORMAT,
        torch_mobile::FORMAT,
        lua::BYTECODE,
        lua::SOURCE,
        r::DATA,
        r::SOURCE,
        native::ELF,
        native::PE,
        native::MACH_O,
        java::SERIALIZED,
        java::CLASS,
        wasm::FORMAT,
        path_file::FORMAT,
        dockerfile::FORMAT,
        mlproject::FORMAT,
        json::notebook::FORMAT,
        compressed::GZIP,
        compressed::BZIP2,
        compressed::XZ,
        compressed::LZIP,
        compressed::ZSTD,
        compressed::LZ4,
        compressed::SNAPPY,
        compressed::COMPRESS,
        compressed::ZFILE,
        compressed::ZLIB,
        compressed::LZMA,
        compressed::BROTLI,
        jinja::FORMAT,
        shell::FORMAT,
        shell::windows::BATCH,
        shell::windows::POWERSHELL,
        json::FORMAT,
        xml::FORMAT,
        yaml::FORMAT,
        ini::FORMAT,
        // Inert formats end the list, and plain text ends them.
        inert::PNG,
        inert::JPEG,
        inert::GIF,
        inert::WEBP,
        inert::WAV,
        inert::FLAC,
        inert::OGG,
        inert::SFNT,
        inert::WOFF,
        inert::PDF,
        inert::MP4,
        inert::TIFF,
        inert::BMP,
        inert::ICO,
        inert::MP3,
        text::PLAIN,
    }
}

codecs! {
    modules {
        codec,
    }
    list {
        codec::DEFLATE,
        codec::DEFLATE64,
        codec::ZLIB,
        codec::GZIP,
        codec::BZIP2,
        codec::XZ,
        codec::LZMA,
        codec::LZIP,
        codec::ZIP_LZMA,
        codec::ZSTD,
        codec::LZ4,
        codec::BROTLI,
        codec::SNAPPY,
        codec::LZW,
        codec::SEVENZ,
        codec::UTF_16,
    }
}

/// The format with this id.
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.id == id)
}

/// The codec with this id.
pub fn codec(id: &str) -> Option<&'static Codec> {
    CODECS.iter().copied().find(|codec| codec.id == id)
}

//! Compressed text files: `candidate.csv.gz`, `candidate.jsonl.zst`.
//!
//! Invariant: the bytes depend on the content alone; gzip's header carries neither time nor name.

use std::io::{self, BufRead, Read, Write};

use flate2::GzBuilder;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878.
    Zstd,
}

impl Compression {
    /// Every compression.
    pub const ALL: [Compression; 2] = [Compression::Gzip, Compression::Zstd];

    /// The word that names it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// The extension that follows the format's, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Compression::Gzip => "gz",
            Compression::Zstd => "zst",
        }
    }

    /// The media type of the compressed file.
    pub fn media_type(self) -> &'static str {
        match self {
            Compression::Gzip => "application/gzip",
            Compression::Zstd => "application/zstd",
        }
    }

    /// The compression of that name.
    pub fn by_name(name: &str) -> Option<Compression> {
        Compression::ALL.into_iter().find(|compression| compression.name() == name)
    }
}

/// A sink that compresses what it is given. [`Compressor::finish`] must be called: dropped, the file is cut off.
pub struct Compressor<W: Write> {
    encoder: Encoder<W>,
}

enum Encoder<W: Write> {
    Gzip(GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

/// Compresses what is written before it reaches `sink`. Lend it to a writer, `Box::new(&mut compressor)`, and finish it afterwards.
pub fn compress<W: Write>(sink: W, compression: Compression) -> io::Result<Compressor<W>> {
    let encoder = match compression {
        Compression::Gzip => Encoder::Gzip(GzBuilder::new().mtime(0).write(sink, flate2::Compression::new(6))),
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(sink, 3)?;
            encoder.include_checksum(true)?;
            Encoder::Zstd(encoder)
        }
    };
    Ok(Compressor { encoder })
}

impl<W: Write> Compressor<W> {
    /// Writes what is still held back and the trailer, and hands the sink back.
    pub fn finish(self) -> io::Result<W> {
        match self.encoder {
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.encoder {
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    /// Does nothing but flush what is done: a flush inside a stream would cost bytes and make them depend on who flushes when.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads on, decompressed where the first bytes say that the source is compressed.
pub(crate) fn decompress(mut source: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let start = source.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(MultiGzDecoder::new(source)));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Ok(Box::new(zstd::stream::read::Decoder::with_buffer(source)?));
    }
    Ok(Box::new(source))
}

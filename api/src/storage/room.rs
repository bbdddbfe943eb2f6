//! Room on a disk that is to stay free while something is written to it.

use std::fmt;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{StorageError, check_space, free_space};

/// Bytes between two looks at a disk.
const LOOK_EVERY: u64 = 8 << 20;

/// Looks every some megabytes whether a disk keeps its room. Its clones are one.
#[derive(Clone, Default)]
pub struct Room(Option<Arc<Disk>>);

struct Disk {
    folder: PathBuf,
    min_bytes: u64,
    /// Bytes that were written since the last look.
    written: AtomicU64,
    free: fn(&Path) -> Result<u64, StorageError>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Room").field(&self.0.as_ref().map(|disk| (&disk.folder, disk.min_bytes))).finish()
    }
}

impl Room {
    /// Room on the disk of a folder, or of the nearest one above it that exists.
    ///
    /// # Errors
    /// When there is too little already.
    pub fn on(folder: &Path, min_bytes: u64) -> Result<Room, StorageError> {
        Room::seen_by(folder, min_bytes, free_space)
    }

    fn seen_by(
        folder: &Path,
        min_bytes: u64,
        free: fn(&Path) -> Result<u64, StorageError>,
    ) -> Result<Room, StorageError> {
        let disk = Disk { folder: folder.to_owned(), min_bytes, written: AtomicU64::new(0), free };
        disk.look()?;
        Ok(Room(Some(Arc::new(disk))))
    }

    /// Counts bytes that are about to be written.
    ///
    /// # Errors
    /// When too little stays free.
    pub fn take(&self, bytes: usize) -> Result<(), StorageError> {
        let Some(disk) = &self.0 else { return Ok(()) };
        if disk.written.fetch_add(bytes as u64, Ordering::Relaxed) + (bytes as u64) < LOOK_EVERY {
            return Ok(());
        }
        disk.written.store(0, Ordering::Relaxed);
        disk.look()
    }

    /// A sink that counts what is written to it, and refuses once too little stays free.
    pub fn watch<W: Write>(&self, sink: W) -> Watched<W> {
        Watched { sink, room: self.clone() }
    }
}

impl Disk {
    fn look(&self) -> Result<(), StorageError> {
        check_space(&self.folder, (self.free)(&self.folder)?, self.min_bytes)
    }
}

/// A sink that a [`Room`] watches.
pub struct Watched<W> {
    sink: W,
    room: Room,
}

impl<W> Watched<W> {
    /// The sink itself.
    pub fn into_inner(self) -> W {
        self.sink
    }
}

impl<W: Seek> Seek for Watched<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.sink.seek(to)
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take(bytes.len()).map_err(|error| error.source)?;
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Free megabytes of a disk that others fill up: fewer with every look.
    fn filling(_: &Path) -> Result<u64, StorageError> {
        static LOOKS: AtomicU64 = AtomicU64::new(0);
        Ok((100 - LOOKS.fetch_add(1, Ordering::Relaxed)) << 20)
    }

    #[test]
    fn a_sink_refuses_once_the_disk_has_too_little_room() {
        let room = Room::seen_by(Path::new("."), 98 << 20, filling).expect("a hundred are free");
        let mut sink = room.watch(io::sink());
        let megabyte = vec![0; 1 << 20];
        let written = (0..100).find_map(|written| Some((written, sink.write_all(&megabyte).err()?)));
        // 99 are seen after eight, 98 after sixteen; before the twenty-fourth is written there are 97.
        let (written, error) = written.expect("an error");
        assert_eq!(written, 23);
        assert_eq!(super::super::reason(&error), "only 97 MB are free on the disk, and 98 are to stay free");
        assert!(Room::default().take(usize::MAX).is_ok());
    }
}

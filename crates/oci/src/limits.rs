//! What an image may take.

/// Bounds on everything an image can ask for. The defaults leave room for any image we have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one blob in the store.
    pub blob_bytes: u64,
    /// Bytes of an image index, manifest or configuration.
    pub document_bytes: u64,
    /// Image indexes within one another.
    pub index_depth: usize,
    /// Descriptors looked at in all indexes of one import.
    pub descriptors: usize,
    /// Layers of one image; overlayfs takes 500.
    pub layers: usize,
    /// Entries of an archive of images.
    pub archive_entries: u64,
    /// Entries of one layer.
    pub layer_entries: u64,
    /// Bytes that one layer may inflate to.
    pub layer_bytes: u64,
    /// How many times its own size a layer may inflate to, once it is beyond `ratio_floor`.
    pub inflation_ratio: u64,
    /// Bytes below which any ratio is fine: an empty file of a database inflates a thousandfold.
    pub ratio_floor: u64,
    /// Apparent size of one file, which costs nothing where it has holes.
    pub file_bytes: u64,
    /// Bytes of a path, and of a symbolic link's target.
    pub path_bytes: usize,
    /// Folders within one another.
    pub depth: usize,
    /// Bytes of the extended headers of one entry.
    pub header_bytes: u64,
    /// Extended attributes of one entry.
    pub attributes: usize,
    /// Pieces of one sparse file.
    pub extents: usize,
    /// Bytes that stay free on the disk.
    pub free_bytes: u64,
    /// Layers of one image fetched from a registry at the same time.
    pub parallel_downloads: usize,
    /// Layers unpacked at the same time.
    pub parallel_layers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        const GIB: u64 = 1 << 30;
        Self {
            blob_bytes: 64 * GIB,
            document_bytes: 4 * MIB,
            index_depth: 4,
            descriptors: 1000,
            layers: 256,
            archive_entries: 10_000,
            layer_entries: 1_000_000,
            layer_bytes: 64 * GIB,
            inflation_ratio: 200,
            ratio_floor: GIB,
            file_bytes: 1024 * GIB,
            path_bytes: 4095,
            depth: 255,
            header_bytes: MIB,
            attributes: 64,
            extents: 65_536,
            free_bytes: 256 * MIB,
            parallel_downloads: 3,
            parallel_layers: std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8)),
        }
    }
}

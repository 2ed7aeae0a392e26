//! Whether git tracks a file, read from its index without starting git.

use std::path::{Path, PathBuf};

/// Larger indexes are not read: they belong to repositories with a million files.
const MAX_INDEX: u64 = 128 << 20;

/// Whether the file is in the index of the repository that it is in. Where that cannot be told, it is not.
pub(super) fn is_tracked(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    let Some((root, index)) = path.ancestors().skip(1).find_map(|root| Some((root, index_of(root)?))) else {
        return false;
    };
    let small = std::fs::metadata(&index).is_ok_and(|metadata| metadata.len() <= MAX_INDEX);
    let Some(bytes) = small.then(|| std::fs::read(&index).ok()).flatten() else { return false };
    let Ok(relative) = path.strip_prefix(root) else { return false };
    let name = relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    lists(&bytes, name.as_bytes())
}

/// The index of a repository, or of a work tree, whose `.git` is a file that names its directory.
fn index_of(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git.join("index"));
    }
    let text = std::fs::read_to_string(&git).ok()?;
    Some(root.join(text.strip_prefix("gitdir: ")?.trim_end()).join("index"))
}

/// Whether an index of version 2 or 3 (gitformat-index) has an entry with this name: behind two octets whose lower
/// twelve bits are its length, in front of a zero. Version 4 shortens names, so nothing can be said.
fn lists(index: &[u8], name: &[u8]) -> bool {
    let header: [&[u8]; 2] = [b"DIRC\x00\x00\x00\x02", b"DIRC\x00\x00\x00\x03"];
    if !header.iter().any(|header| index.starts_with(header)) {
        return false;
    }
    let length = name.len().min(0xfff) as u16;
    let flags = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]) & 0xfff == length;
    let entry = |window: &[u8]| flags(window) && window[2..].strip_suffix(b"\0") == Some(name);
    index.windows(name.len() + 3).any(entry)
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn an_index_lists_whole_names_only() {
        let mut index = b"DIRC\x00\x00\x00\x02".to_vec();
        index.extend(b"\x00\x0bcerts/a.key\0\0\0");
        assert!(lists(&index, b"certs/a.key"));
        assert!(!lists(&index, b"a.key") && !lists(&index, b"certs/a.ke"));
        index[7] = 4;
        assert!(!lists(&index, b"certs/a.key"));
    }
}

//! Whether a file lies on a file system of another machine, where SQLite's log cannot be trusted.

use std::path::Path;

/// Kinds of file systems whose locks or shared memory do not reach from one machine to the next.
const OF_OTHERS: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "ncpfs",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
];

/// The kind of the network file system that a file lies on; `None` if it lies on this machine, or nothing is known of it.
pub(super) fn network_file_system(path: &Path) -> Option<String> {
    let path = std::fs::canonicalize(path).ok()?;
    network_kind(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, &path)
}

/// The same by the lines of `/proc/self/mountinfo`: the mount point is the fifth word, the kind the first behind the dash. Of the
/// mounts that a path lies below, the longest counts, and of two at one place the later.
fn network_kind(mounts: &str, path: &Path) -> Option<String> {
    let mut found: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (before, after) = line.split_once(" - ")?;
        let place = before.split(' ').nth(4)?.replace("\\040", " ");
        let kind = after.split(' ').next()?;
        let depth = Path::new(&place).components().count();
        if path.starts_with(&place) && found.is_none_or(|(deepest, _)| depth >= deepest) {
            found = Some((depth, kind));
        }
    }
    found.map(|(_, kind)| kind).filter(|kind| OF_OTHERS.contains(kind)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /srv rw,relatime shared:2 - nfs4 nas:/export rw,vers=4.2
31 30 8:2 / /srv/own rw,relatime shared:3 - xfs /dev/sdb1 rw
32 22 0:26 / /media/my\\040share rw - cifs //nas/share rw
33 22 0:27 / /mnt rw - fuse.sshfs ann@far:/ rw
34 22 0:28 / /mnt rw - tmpfs tmpfs rw";

    #[test]
    fn the_deepest_mount_says_where_a_file_lies() {
        for (path, kind) in [
            ("/var/lib/gleaner/gleaner.db", None),
            ("/srv/gleaner/gleaner.db", Some("nfs4")),
            ("/srv/own/gleaner.db", None),
            ("/srvother/gleaner.db", None),
            ("/media/my share/gleaner.db", Some("cifs")),
            ("/mnt/gleaner.db", None),
        ] {
            assert_eq!(network_kind(MOUNTS, Path::new(path)).as_deref(), kind, "{path}");
        }
        assert_eq!(network_kind("nonsense", Path::new("/x")), None);
    }
}

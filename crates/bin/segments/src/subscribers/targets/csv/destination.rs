//! Where the files of a subscription are: `file:` below `FILES_ROOT`, or `s3://bucket/prefix`. Pure.

/// A place for files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The folders that lead from `FILES_ROOT` to the place. None: `FILES_ROOT` itself.
    Folder(Vec<String>),
    /// A bucket, and what stands before the names of the files: empty, or it ends with `/`.
    Bucket {
        /// The name of the bucket.
        bucket: String,
        /// Before the names of the files.
        prefix: String,
    },
}

/// Reads `params.path`.
///
/// # Errors
/// The reason why it cannot be used.
pub fn parse(path: &str) -> Result<Destination, String> {
    if let Some(folder) = path.strip_prefix("file:") {
        let folders = parts(folder.strip_suffix('/').unwrap_or(folder))?;
        return Ok(Destination::Folder(folders));
    }
    let Some(place) = path.strip_prefix("s3://") else {
        return Err("params.path has to begin with file: or s3://".to_owned());
    };
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_plain) || bucket.contains("..") {
        return Err("params.path has to name a bucket: s3://bucket/folder".to_owned());
    }
    let mut prefix = parts(prefix.strip_suffix('/').unwrap_or(prefix))?.join("/");
    if !prefix.is_empty() {
        prefix.push('/');
    }
    Ok(Destination::Bucket { bucket: bucket.to_owned(), prefix })
}

/// The folders of a path. None of them leads upwards.
fn parts(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let is_folder = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.chars().any(char::is_control);
    let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts.iter().all(|part| is_folder(part)) {
        Ok(parts)
    } else {
        Err("the folders in params.path have names, without .. and an empty one: file:crm/daily".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets_are_read() {
        let folder = |parts: &[&str]| Ok(Destination::Folder(parts.iter().map(|part| (*part).to_owned()).collect()));
        assert_eq!(parse("file:"), folder(&[]));
        assert_eq!(parse("file:crm/daily/"), folder(&["crm", "daily"]));
        let bucket = |bucket: &str, prefix: &str| {
            Ok(Destination::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
        };
        assert_eq!(parse("s3://audiences"), bucket("audiences", ""));
        assert_eq!(parse("s3://audiences/"), bucket("audiences", ""));
        assert_eq!(parse("s3://audiences/crm/daily"), bucket("audiences", "crm/daily/"));
    }

    #[test]
    fn no_path_leads_upwards() {
        for path in [
            "",
            "/etc",
            "crm",
            "file:..",
            "file:/etc",
            "file:///etc",
            "file:a/../b",
            "file:a//b",
            "file:./a",
            "file:a\0b",
            "s3://",
            "s3://a",
            "s3://Bucket",
            "s3://a.b/../c",
            "s3://bucket//x",
            "s3://u:p@host/x",
            "https://host/bucket",
        ] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}

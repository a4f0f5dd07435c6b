//! The settings about pictures.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{ConfigError, SettingArgs, secret_of};
use crate::domain::WebUrl;

/// Hosts that are known to give pictures to pages of one origin only, with an address of that origin.
const REFERERS: &[(&str, &str)] = &[
    ("sinaimg.cn", "https://weibo.com/"),
    ("sspai.com", "https://sspai.com/"),
    ("pximg.net", "https://www.pixiv.net/"),
    ("cdnfile.sspai.com", "https://sspai.com/"),
    ("bdimg.com", "https://tieba.baidu.com/"),
    ("moyu.im", "https://i.jandan.net/"),
    ("cnblogs.com", "https://www.cnblogs.com/"),
    ("mmbiz.qpic.cn", "https://mp.weixin.qq.com/"),
    ("doubanio.com", "https://www.douban.com/"),
];

const DEFAULT_QUOTA: u64 = 10 << 30;

/// Where and how pictures are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSettings {
    /// Where they lie.
    pub place: PicturePlace,
    /// How many bytes they may take; 0 for no bound.
    pub quota: u64,
    /// Hosts that want to hear an origin, in the order in which they are looked at.
    pub referers: Vec<(String, WebUrl)>,
    /// What an address is added to, to ask an archive for what was there.
    pub archive: Option<WebUrl>,
}

/// Where pictures lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PicturePlace {
    /// A folder.
    Folder(PathBuf),
    /// A bucket.
    Bucket(BucketPlace),
}

/// Where a bucket is, and who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketPlace {
    /// The bucket's name.
    pub bucket: String,
    /// What every key begins with; may be empty.
    pub prefix: String,
    /// The server, if it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The name of the access key.
    pub key_id: String,
    /// The access key.
    pub secret: String,
}

impl fmt::Display for BucketPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)?;
        self.endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " at {endpoint}"))
    }
}

impl fmt::Debug for BucketPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PicturePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket(place) => write!(f, "{place}"),
        }
    }
}

impl PictureSettings {
    pub(super) fn read(args: &SettingArgs, data_dir: &Path) -> Result<Self, ConfigError> {
        let place = match args.pictures.as_deref() {
            Some(text) if text.starts_with("s3://") => PicturePlace::Bucket(bucket(text, args)?),
            Some(text) if text.is_empty() || text.contains("://") => {
                return Err(ConfigError::value("pictures", "give a folder or s3://BUCKET/PREFIX"));
            }
            Some(text) => PicturePlace::Folder(data_dir.join(text)),
            None => PicturePlace::Folder(data_dir.join("pictures")),
        };
        let archive = args.pictures_archive.as_deref().filter(|text| !text.is_empty()).map(WebUrl::parse).transpose();
        Ok(Self {
            place,
            quota: args.pictures_quota.map_or(DEFAULT_QUOTA, |size| size.0),
            referers: referers(args.pictures_referer.as_deref().unwrap_or_default())?,
            archive: archive.map_err(|error| ConfigError::value("pictures_archive", error.to_string()))?,
        })
    }

    /// The origin that a picture's host wants to hear, if it is one of those.
    pub fn referer_of(&self, picture: &WebUrl) -> Option<&WebUrl> {
        let within =
            |host: &str| picture.host().strip_suffix(host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.referers.iter().find(|(host, _)| within(host)).map(|(_, referer)| referer)
    }

    /// The table of hosts, as the setting writes it.
    pub(super) fn referers_in_force(&self) -> Vec<String> {
        self.referers.iter().map(|(host, referer)| format!("{host}={referer}")).collect()
    }
}

/// The table of hosts: those of the operator first, so that they count.
fn referers(own: &[String]) -> Result<Vec<(String, WebUrl)>, ConfigError> {
    let wrong = |rule: &str| ConfigError::value("pictures_referer", format!("“{rule}” is not HOST=URL"));
    let mut table = Vec::new();
    let mut taken_away = Vec::new();
    for rule in own {
        let (host, referer) = rule.trim().split_once('=').ok_or_else(|| wrong(rule))?;
        let host = host.trim().to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong(rule));
        }
        if referer.is_empty() {
            taken_away.push(host);
        } else {
            table.push((host, WebUrl::parse(referer).map_err(|_| wrong(rule))?));
        }
    }
    for (host, referer) in REFERERS {
        if !taken_away.iter().any(|away| away == host)
            && let Ok(referer) = WebUrl::parse(referer)
        {
            table.push(((*host).to_owned(), referer));
        }
    }
    Ok(table)
}

fn bucket(text: &str, args: &SettingArgs) -> Result<BucketPlace, ConfigError> {
    let place = text.trim_start_matches("s3://").trim_end_matches('/');
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err(ConfigError::value("pictures", "s3:// must be followed by the name of a bucket"));
    }
    let secret = secret_of("s3_secret", args.s3_secret.clone(), args.s3_secret_file.clone())?;
    let (Some(key_id), Some(secret)) = (args.s3_key_id.clone(), secret) else {
        return Err(ConfigError::value("pictures", "an s3:// store needs s3_key_id and s3_secret (or s3_secret_file)"));
    };
    Ok(BucketPlace {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        endpoint: args.s3_endpoint.clone(),
        region: args.s3_region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
        key_id,
        secret,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &SettingArgs) -> Result<PictureSettings, String> {
        PictureSettings::read(args, Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn pictures_lie_in_a_folder_unless_a_bucket_is_named() {
        let place = |text: &str| {
            let args = SettingArgs {
                pictures: Some(text.to_owned()),
                s3_key_id: Some("me".to_owned()),
                s3_secret: Some("hidden".to_owned()),
                s3_endpoint: Some("http://store.lan:9000".to_owned()),
                ..SettingArgs::default()
            };
            read(&args).map(|settings| settings.place.to_string())
        };
        assert_eq!(read(&SettingArgs::default()).unwrap().place.to_string(), "/data/pictures");
        assert_eq!(place("p").unwrap(), "/data/p");
        assert_eq!(place("/mnt/p").unwrap(), "/mnt/p");
        assert_eq!(place("s3://b/gleaner/").unwrap(), "s3://b/gleaner at http://store.lan:9000");
        assert!(place("s3://").is_err() && place("ftp://x").is_err());
        let without_key = SettingArgs { pictures: Some("s3://b".to_owned()), ..SettingArgs::default() };
        assert!(read(&without_key).unwrap_err().contains("s3_key_id"));
    }

    #[test]
    fn the_table_of_hosts_can_be_added_to_and_cut() {
        let own = ["Img.Example=https://example.com/".to_owned(), "sinaimg.cn=".to_owned()];
        let settings = read(&SettingArgs { pictures_referer: Some(own.into()), ..SettingArgs::default() }).unwrap();
        let referer = |url: &str| settings.referer_of(&WebUrl::parse(url).unwrap()).map(WebUrl::as_str);
        assert_eq!(referer("https://a.img.example/x.jpg"), Some("https://example.com/"));
        assert_eq!(referer("https://notimg.example/x.jpg"), None);
        assert_eq!(referer("https://wx1.sinaimg.cn/x.jpg"), None);
        assert_eq!(referer("https://i.pximg.net/x.jpg"), Some("https://www.pixiv.net/"));
        assert!(read(&SettingArgs { pictures_referer: Some(vec!["x".to_owned()]), ..SettingArgs::default() }).is_err());
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace SmartCity.Deploy.Tests;

/// <summary>An image of one platform in an archive, unpacked.</summary>
internal sealed class OciArchive
{
    private readonly string _folder;
    private readonly JsonElement _manifest;

    private OciArchive(string folder)
    {
        _folder = folder;
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        _manifest = Blob(index.RootElement.GetProperty("manifests").EnumerateArray().Single());
        Config = Blob(_manifest.GetProperty("config")).GetProperty("config");
    }

    /// <summary>User, Env, Entrypoint, …</summary>
    public JsonElement Config { get; }

    /// <summary>Bytes of the layers that lie on the base's one, as they travel.</summary>
    public long OwnBytes => _manifest.GetProperty("layers").EnumerateArray().Skip(1).Sum(l => l.GetProperty("size").GetInt64());

    public static OciArchive Open(string archive, string folder)
    {
        using var file = File.OpenRead(archive);
        TarFile.ExtractToDirectory(IsPacked(file) ? new GZipStream(file, CompressionMode.Decompress) : file, folder, overwriteFiles: true);
        return new OciArchive(folder);
    }

    /// <summary>Lays the files of all layers over one another.</summary>
    public void UnpackTo(string root)
    {
        foreach (var layer in _manifest.GetProperty("layers").EnumerateArray())
        {
            using var file = File.OpenRead(PathOf(layer));
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            using var reader = new TarReader(gzip);
            while (reader.GetNextEntry() is { } entry)
            {
                var path = Path.GetFullPath(Path.Combine(root, entry.Name.TrimStart('/', '.')));
                if (entry.EntryType is TarEntryType.Directory)
                {
                    Directory.CreateDirectory(path);
                }
                else if (entry.DataStream is not null || entry.EntryType is TarEntryType.RegularFile)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    entry.ExtractToFile(path, overwrite: true);
                }
            }
        }
    }

    private static bool IsPacked(FileStream file)
    {
        var packed = file.ReadByte() == 0x1f;
        file.Position = 0;
        return packed;
    }

    private JsonElement Blob(JsonElement descriptor)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(descriptor)));
        return document.RootElement.Clone();
    }

    private string PathOf(JsonElement descriptor) => Path.Combine(_folder, "blobs", "sha256", descriptor.GetProperty("digest").GetString()!["sha256:".Length..]);
}

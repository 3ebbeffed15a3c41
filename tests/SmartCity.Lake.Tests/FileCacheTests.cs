using Npgsql;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Lake.Tables;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Lake.Tests;

/// <summary>Copies of an S3's files are what the lake says, or they are fetched anew; and they are nobody else's.</summary>
public sealed class FileCacheTests : IAsyncDisposable
{
    private static readonly byte[] Content = Parquet();

    private readonly string _folder = Directory.CreateTempSubdirectory("lake-cache").FullName;
    private readonly FolderObjectStore _objects;
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create("Host=nowhere");
    private readonly CityLake _lake;
    private readonly DataFile _file;

    public FileCacheTests()
    {
        _objects = new FolderObjectStore(Directory.CreateDirectory(Path.Combine(_folder, "objects")).FullName);
        _lake = new CityLake(_dataSource, _objects, TimeProvider.System);
        _file = new DataFile { Location = _lake.Files.Location("lake/city/a.parquet"), Rows = 1, Bytes = Content.Length };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_copy_of_another_size_is_fetched_anew_at_the_next_start()
    {
        var copy = await CopyAsync();
        await File.WriteAllBytesAsync(copy, Content[..5], Token);
        Assert.Equal(copy, await CopyAsync());
        Assert.Equal(Content, await File.ReadAllBytesAsync(copy, Token));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_read_is_fetched_anew()
    {
        using var cache = Cache();
        using (var lease = await cache.LeaseAsync([_file], Token))
        {
            await File.WriteAllBytesAsync(lease.Paths[0], new byte[Content.Length], Token);
            cache.Evict(_file);
            Assert.Equal(0, cache.Bytes);
        }

        using var again = await cache.LeaseAsync([_file], Token);
        Assert.Equal(Content, await File.ReadAllBytesAsync(again.Paths[0], Token));
        Assert.Equal(Content.Length, cache.Bytes);
    }

    // What cannot be compressed is read by DuckDB as it is found.
    [Fact]
    public async Task A_page_that_is_not_what_was_written_is_not_taken_for_rows_and_the_file_is_named()
    {
        var damaged = Content.ToArray();
        damaged[Content.AsSpan().IndexOf("not to be compressed"u8)] ^= 1;
        using var cache = Cache(damaged);
        for (var again = 0; again < 2; again++)
        {
            var refused = await Assert.ThrowsAsync<InvalidDataException>(() => cache.LeaseAsync([_file], Token));
            Assert.StartsWith($"{_file.Location} cannot be read: it is damaged", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, cache.Bytes);
        Assert.Empty(Directory.GetFiles(cache.Folders[0]));

        // Mended where it lies, it is fetched.
        await _objects.PutAsync("lake/city/a.parquet", Content, "application/octet-stream", Token);
        using var lease = await cache.LeaseAsync([_file], Token);
        Assert.Equal(Content, await File.ReadAllBytesAsync(lease.Paths[0], Token));
    }

    [Fact]
    public void Folders_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has other rights.");
            return;
        }

        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        using var cache = Cache();
        Assert.Equal(Own, File.GetUnixFileMode(cache.Folders[0]));

        // What somebody else may have put there is not taken for a copy of ours.
        var open = Path.Combine(_folder, "open");
        Directory.CreateDirectory(open);
        File.SetUnixFileMode(open, Own | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        File.WriteAllText(Path.Combine(open, "planted"), "x");
        PrivateFolder.MakeInTemporary(open);
        Assert.Equal(Own, File.GetUnixFileMode(open));
        Assert.Empty(Directory.GetFileSystemEntries(open));
        var link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, open);
        Assert.Contains("Lake:Folder", Assert.Throws<InvalidOperationException>(() => PrivateFolder.MakeInTemporary(link)).Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _dataSource.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static byte[] Parquet()
    {
        using var stream = new MemoryStream();
        using var properties = new ParquetSharp.WriterPropertiesBuilder().EnablePageChecksum().Compression(ParquetSharp.Compression.Uncompressed).DisableDictionary().Build();
        using (var file = new ParquetSharp.ParquetFileWriter(new ParquetSharp.IO.ManagedOutputStream(stream, leaveOpen: true), [new ParquetSharp.Column<string>("text")], null, properties))
        {
            using (var group = file.AppendRowGroup())
            using (var text = group.NextColumn().LogicalWriter<string>())
            {
                text.WriteBatch(["of a city", "not to be compressed"]);
            }

            file.Close();
        }

        return stream.ToArray();
    }

    private async Task<string> CopyAsync()
    {
        using var cache = Cache();
        using var lease = await cache.LeaseAsync([_file], Token);
        return lease.Paths[0];
    }

    // The address is that of an S3, so that files are not read where they are.
    private FileCache Cache(byte[]? content = null)
    {
        _objects.PutAsync("lake/city/a.parquet", content ?? Content, "application/octet-stream", Token).GetAwaiter().GetResult();
        using var s3 = new S3ObjectStore(ObjectStoreConnection.Parse("Endpoint=http://127.0.0.1:1;AccessKey=a;SecretKey=b;Bucket=city"));
        return new FileCache(_lake, s3, Path.Combine(_folder, "copies"), 1 << 20, TimeProvider.System);
    }
}

using System.Text;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Objects;

public sealed class FolderObjectStoreTests : ObjectStoreTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderObjectStore _store;

    public FolderObjectStoreTests() => _store = new FolderObjectStore(_folder["objects"]);

    protected override IObjectStore Store => _store;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/etc/outside")]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a/")]
    [InlineData("a/.hidden")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    public async Task A_key_that_is_none_is_refused_by_name(string key)
    {
        var put = await Assert.ThrowsAsync<ArgumentException>(() => Store.PutAsync(key, new byte[1], Text, Cancelled));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(key, Cancelled));

        Assert.Contains($"'{key}'", put.Message, StringComparison.Ordinal);
        Assert.Equal(["objects"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Somebody_who_reads_while_it_is_overwritten_sees_one_whole_object()
    {
        var old = new string('a', 300_000);
        await Store.PutAsync("k", Encoding.ASCII.GetBytes(old), Text, Cancelled);
        await using var open = await Store.OpenAsync("k", Cancelled);

        await Store.PutAsync("k", Encoding.ASCII.GetBytes(new string('b', 400_000)), Text, Cancelled);

        using var reader = new StreamReader(open!);
        Assert.Equal(old, await reader.ReadToEndAsync(Cancelled));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_the_old_object_and_nothing_beside_it()
    {
        await Store.PutAsync("a/k", Encoding.ASCII.GetBytes("old"), Text, Cancelled);

        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.PutFileAsync("a/k", _folder["not there"], Text, Cancelled));
        using var already = new CancellationTokenSource();
        await already.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync("a/k", Encoding.ASCII.GetBytes("new"), Text, already.Token));

        Assert.Equal("old", await ReadAsync("a/k"));
        Assert.Single(Directory.GetFileSystemEntries(_folder["objects/a"]));
    }
}

using System.Text;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Objects;

/// <summary>What both stores promise.</summary>
public abstract class ObjectStoreTests
{
    protected const string Text = "text/plain";

    protected abstract IObjectStore Store { get; }

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_object_comes_back_and_an_overwritten_one_is_the_new_one()
    {
        await Store.PutAsync("a/b.txt", Encoding.UTF8.GetBytes("a long first text"), Text, Cancelled);
        await Store.PutAsync("a/b.txt", Encoding.UTF8.GetBytes("second"), Text, Cancelled);

        Assert.Equal("second", await ReadAsync("a/b.txt"));
    }

    [Fact]
    public async Task A_file_and_an_empty_object_are_stored_too()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["f"], "from a file", Cancelled);

        await Store.PutFileAsync("f/file.txt", folder["f"], Text, Cancelled);
        await Store.PutAsync("f/empty", ReadOnlyMemory<byte>.Empty, Text, Cancelled);

        Assert.Equal("from a file", await ReadAsync("f/file.txt"));
        Assert.Equal("", await ReadAsync("f/empty"));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_deleting_it_is_no_error()
    {
        await Store.PutAsync("d/one", new byte[] { 1 }, Text, Cancelled);
        await Store.DeleteAsync("d/one", Cancelled);
        await Store.DeleteAsync("d/one", Cancelled);
        await Store.DeleteAsync("nowhere/at/all", Cancelled);

        Assert.Null(await Store.OpenAsync("d/one", Cancelled));
        Assert.Null(await Store.OpenAsync("nowhere/at/all", Cancelled));
    }

    [Fact]
    public async Task What_lies_there_is_counted_by_the_first_name()
    {
        await Store.PutAsync("counted/2026/1.jpg", new byte[10], Text, Cancelled);
        await Store.PutAsync("counted/2026/11/2.jpg", new byte[5], Text, Cancelled);
        await Store.PutAsync("counted-too/3", new byte[1], Text, Cancelled);

        var usage = await Store.MeasureAsync(Cancelled);

        Assert.Equal(new ObjectUsage(2, 15), usage["counted"]);
        Assert.Equal(new ObjectUsage(1, 1), usage["counted-too"]);
    }

    [Fact]
    public async Task A_listing_has_the_prefix_and_is_in_key_order()
    {
        foreach (var key in new[] { "l/b/2", "l/a/10", "l/a/1", "l/ab", "m/1" })
        {
            await Store.PutAsync(key, new byte[key.Length], Text, Cancelled);
        }

        var found = new List<ObjectEntry>();
        await foreach (var entry in Store.ListAsync("l/a", Cancelled))
        {
            found.Add(entry);
        }

        Assert.Equal(["l/a/1", "l/a/10", "l/ab"], found.Select(f => f.Key));
        Assert.Equal([5L, 6L, 4L], found.Select(f => f.Bytes));
    }

    protected async Task<string> ReadAsync(string key)
    {
        await using var stream = await Store.OpenAsync(key, Cancelled);
        Assert.NotNull(stream);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancelled);
    }
}

using SmartCity.Lake.Foreign;

namespace SmartCity.Lake.Tests;

/// <summary>Rows that wait on disk for Postgres are nobody else's, and do not stay.</summary>
public sealed class FetchedRowsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lake-fetched").FullName;

    [Fact]
    public void What_a_killed_process_has_left_goes_and_nothing_more_is_left()
    {
        File.WriteAllText(Path.Combine(_folder, "0123.rows"), "AB12CDE");
        var fetched = new FetchedRows(_folder, 100);
        Assert.Empty(Directory.GetFiles(_folder));
        using var file = fetched.Open();
        file.WriteByte(1);
        file.Flush();
        Assert.True(OperatingSystem.IsWindows() || Directory.GetFiles(_folder).Length == 0, "A process that is killed now would leave its file.");
    }

    [Fact]
    public void All_together_they_have_a_limit_that_is_named()
    {
        var fetched = new FetchedRows(_folder, 100);
        fetched.Take(60);
        Assert.Contains("Lake:FetchedBytes", Assert.Throws<LakeLimitException>(() => fetched.Take(60)).Hint, StringComparison.Ordinal);
        fetched.Return(60);
        fetched.Take(100);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

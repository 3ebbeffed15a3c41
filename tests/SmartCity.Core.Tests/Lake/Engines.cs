using System.Diagnostics;
using Npgsql;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Lake;

/// <summary>Real engines that read the lake by its catalogue in Postgres: kits that lie beside the repository, where they do.</summary>
/// <param name="s3">The object store that the warehouse is in; null if it is a folder.</param>
internal sealed class Engines(string postgres, string warehouse, ObjectStoreConnection? s3 = null) : IAsyncDisposable
{
    private readonly FreezingProxy _tcp = new(postgres);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(9);

    private readonly string _trino = Directory.CreateTempSubdirectory("trino").FullName;
    private bool _trinoRuns;

    /// <summary>What Spark answers to statements separated by ';': a header and lines for each.</summary>
    public Task<string[]> SparkAsync(string sql) => RunAsync(Repository.Shared("spark", "spark.sh"), ["-e", sql, "--catalog", "lake", .. Where]);

    /// <summary>What Trino answers; it is started by the first call.</summary>
    public async Task<string[]> TrinoAsync(string sql)
    {
        var trino = Repository.Shared("trino", "trino.sh");
        if (!_trinoRuns)
        {
            await RunAsync(trino, ["start", _trino, "--port", "0", "--heap", "700m", .. Where]);
            _trinoRuns = true;
        }

        return await RunAsync(trino, "sql", _trino, sql);
    }

    public static void SkipWithout(string kit)
    {
        Assert.SkipUnless(File.Exists(Repository.Shared(kit, $"{kit}.sh")), $"There is no {kit} in {Path.GetDirectoryName(Repository.Shared(kit, ""))}.");
        Assert.SkipUnless(kit != "spark" || File.Exists("/usr/bin/java"), "Spark needs Java 17, and there is no Java here.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_trinoRuns)
        {
            await RunAsync(Repository.Shared("trino", "trino.sh"), "stop", _trino);
        }

        _tcp.Dispose();
        Directory.Delete(_trino, recursive: true);
    }

    private IEnumerable<string> Where =>
    [
        "--jdbc", JdbcUrl, "--user", "smartcity", "--password", "none", "--warehouse", warehouse,
        .. s3 is null ? (string[])[] : ["--s3", s3.Endpoint!.ToString().TrimEnd('/'), "--s3-key", s3.AccessKey!, "--s3-secret", s3.SecretKey!],
    ];

    // Programs in Java know no Unix sockets.
    private string JdbcUrl
    {
        get
        {
            var to = new NpgsqlConnectionStringBuilder(_tcp.ConnectionString);
            return $"jdbc:postgresql://{to.Host}:{to.Port}/{to.Database}";
        }
    }

    private static async Task<string[]> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var patience = new CancellationTokenSource(Patience);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode == 0 ? (await output).TrimEnd('\n').Split('\n') : throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} failed: {await error}\n{await output}");
    }
}

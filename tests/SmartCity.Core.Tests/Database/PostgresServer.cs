using System.Diagnostics;
using Npgsql;
using SmartCity.Core.Tests.Database;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace SmartCity.Core.Tests.Database;

/// <summary>
/// One Postgres server for the test run, from the machine's binaries, on a Unix socket in a folder of its own, without fsync.
/// It never runs as root: Postgres refuses that, so root starts it as <c>postgres</c> or <c>nobody</c>.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "smartcity-pg-" + Guid.NewGuid().ToString("N")[..12]);
    private readonly string? _user = Environment.IsPrivilegedProcess ? (UserExists("postgres") ? "postgres" : "nobody") : null;
    private Process? _server;
    private StatementRecorder? _recorder;
    private int _databases;

    public string ConnectionString(string database) =>
        $"Host={(_recorder is null ? _folder : Recording)};Username=smartcity;Database={database};Maximum Pool Size=20;Include Error Detail=true";

    public async ValueTask InitializeAsync()
    {
        var binaries = await BinariesAsync();
        Directory.CreateDirectory(_folder);
        if (_user is not null)
        {
            await RunAsync("chown", _user, _folder);
        }

        var data = Path.Combine(_folder, "data");
        await RunAsUserAsync(Path.Combine(binaries, "initdb"), "-D", data, "-U", "smartcity", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        await StartAsync();
        await CreateAsync("smartcity_template");
        if (Environment.GetEnvironmentVariable(RecordTo) is { Length: > 0 })
        {
            _recorder = new StatementRecorder(Recording, _folder);
        }

        await Core.Database.Migrations.RunAsync(ConnectionString("smartcity_template") + ";Pooling=false", Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None);
    }

    /// <summary>A new database with the schema in it; its name.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await CreateAsync($"{name} template smartcity_template");
        return name;
    }

    /// <summary>A new database without tables, of an owner who is no superuser; its name.</summary>
    /// <param name="role">Another role that may sign in.</param>
    public async Task<string> CreateEmptyDatabaseAsync(string owner, string role)
    {
        await using var data = NpgsqlDataSource.Create(ConnectionString("postgres") + ";Pooling=false");
        foreach (var name in (string[])[owner, role])
        {
            await using var create = data.CreateCommand($"do $$ begin create role {name} login; exception when duplicate_object then null; when unique_violation then null; end $$");
            await create.ExecuteNonQueryAsync();
        }

        var database = $"owned_{Interlocked.Increment(ref _databases)}";
        await CreateAsync($"{database} owner {owner} template template0");
        return database;
    }

    /// <summary>A backup of a database as its users may go on working.</summary>
    public async Task DumpAsync(string database, string file) =>
        await RunAsync(Path.Combine(await BinariesAsync(), "pg_dump"), "-h", _folder, "-U", "smartcity", "-Fc", "-f", file, database);

    /// <summary>A new database from a backup; its name.</summary>
    public async Task<string> RestoreAsync(string file)
    {
        var name = $"restored_{Interlocked.Increment(ref _databases)}";
        await CreateAsync($"{name} template template0");
        await RunAsync(Path.Combine(await BinariesAsync(), "pg_restore"), "-h", _folder, "-U", "smartcity", "-d", name, "--exit-on-error", file);
        return name;
    }

    public async Task StartAsync()
    {
        var binaries = await BinariesAsync();
        _server = StartProcess(Path.Combine(binaries, "postgres"), [
            "-D", Path.Combine(_folder, "data"), "-k", _folder, "-c", "listen_addresses=", "-c", "fsync=off",
            "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "log_min_messages=fatal"]);
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (deadline.Elapsed < TimeSpan.FromSeconds(120) && !_server.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Ends the server as a crash would: every connection breaks, nothing is shut down in order.</summary>
    public async Task CrashAsync()
    {
        var pid = (await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postmaster.pid")))[0];
        await RunAsync("kill", "-QUIT", pid);
        await _server!.WaitForExitAsync();
        _server.Dispose();
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Stops every process of the server in its tracks: connections stay open, new ones are taken by the kernel, and nothing answers.</summary>
    public Task FreezeAsync() => SignalAllAsync("-STOP");

    public async Task ThawAsync()
    {
        await SignalAllAsync("-CONT");
        await RunAsync("kill", "-CONT", $"{_server!.Id}"); // runuser stops with what it started
    }

    public async ValueTask DisposeAsync()
    {
        if (_recorder is not null && _server is { HasExited: false })
        {
            await using var data = Npgsql.NpgsqlDataSource.Create(ConnectionString(await CreateDatabaseAsync()));
            await _recorder.WriteAsync(data, Environment.GetEnvironmentVariable(RecordTo)!);
        }

        _recorder?.Dispose();
        if (_server is { HasExited: false })
        {
            await CrashAsync();
        }

        for (var tries = 0; Directory.Exists(_folder); tries++)
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
            }
            catch (IOException) when (tries < 20)
            {
                await Task.Delay(500); // one of its processes is still ending
            }
        }
    }

    // An environment variable: a file for the statements that the core sends.
    private const string RecordTo = "RECORD_STATEMENTS";

    private string Recording => Path.Combine(_folder, "recorded");

    private async Task SignalAllAsync(string signal)
    {
        var postmaster = (await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postmaster.pid")))[0];
        await RunAsync("kill", signal, postmaster);
        var children = (await File.ReadAllTextAsync($"/proc/{postmaster}/task/{postmaster}/children")).Trim();
        await RunAsync("bash", "-c", $"kill {signal} {children} 2> /dev/null || true"); // one of them may have ended in between
    }

    private async Task CreateAsync(string databaseAndOptions)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {databaseAndOptions}", connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> BinariesAsync()
    {
        var fromConfig = File.Exists("/usr/bin/pg_config") ? (await RunAsync("/usr/bin/pg_config", "--bindir")).Trim() : null;
        if (fromConfig is not null && File.Exists(Path.Combine(fromConfig, "initdb")))
        {
            return fromConfig;
        }

        return Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).Max()
                ?? throw NoPostgres()
            : throw NoPostgres();
    }

    private static InvalidOperationException NoPostgres() => new("No Postgres server binaries on this machine: install the package postgresql.");

    private static bool UserExists(string name) => File.ReadLines("/etc/passwd").Any(l => l.StartsWith(name + ":", StringComparison.Ordinal));

    private Task<string> RunAsUserAsync(string program, params string[] arguments) =>
        _user is null ? RunAsync(program, arguments) : RunAsync("runuser", ["-u", _user, "--", program, .. arguments]);

    private Process StartProcess(string program, string[] arguments) =>
        Process.Start(_user is null
            ? new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder }
            : new ProcessStartInfo("runuser", ["-u", _user, "--", program, .. arguments]) { WorkingDirectory = _folder })!;

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/tmp" })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }
}

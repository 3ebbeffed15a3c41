using System.Globalization;
using DuckDB.NET.Data;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>
/// DuckDB in this process, once for each statement that runs at a time. One that is done is used again for a session of the same time zone, for it
/// knows the footers of the files by then. It can read the lake's files and nothing else, and its settings are locked.
/// </summary>
internal sealed class DuckEngines : IDisposable
{
    // Those of other time zones wait too; they hold little.
    private const int MostIdle = 8;

    private readonly LakeOptions _options;
    private readonly IReadOnlyList<string> _folders;
    private readonly SemaphoreSlim _free;
    private readonly Lock _lock = new();
    private readonly List<DuckEngine> _idle = [];

    public DuckEngines(LakeOptions options, IReadOnlyList<string> folders)
    {
        (_options, _folders) = (options, folders);
        _free = new SemaphoreSlim(options.MostQueries, options.MostQueries);
        var spill = Spill(options);
        if (Directory.Exists(spill))
        {
            Directory.Delete(spill, recursive: true);
        }
    }

    /// <summary>Waits for its turn.</summary>
    /// <param name="zone">IANA name.</param>
    public async Task<DuckEngine> TakeAsync(string zone, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            DuckEngine? other = null;
            lock (_lock)
            {
                var index = _idle.FindLastIndex(e => e.Zone == zone);
                if (index >= 0)
                {
                    var found = _idle[index];
                    _idle.RemoveAt(index);
                    return found;
                }

                if (_idle.Count == Math.Max(MostIdle, _options.MostQueries))
                {
                    other = _idle[0];
                    _idle.RemoveAt(0);
                }
            }

            other?.Dispose();
            return Start(zone);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <param name="isGood">False if something in it went wrong: the next one starts anew.</param>
    public void Return(DuckEngine engine, bool isGood)
    {
        lock (_lock)
        {
            if (isGood)
            {
                _idle.Add(engine);
            }
        }

        if (!isGood)
        {
            engine.Dispose();
        }

        _free.Release();
    }

    public void Dispose()
    {
        _idle.ForEach(e => e.Dispose());
        _free.Dispose();
    }

    private static string Spill(LakeOptions options) => Path.Combine(options.FolderOrDefault, "spill");

    private DuckEngine Start(string zone)
    {
        var spill = Path.Combine(Spill(_options), Guid.NewGuid().ToString("N"));
        var threads = _options.Threads > 0 ? _options.Threads : Environment.ProcessorCount;
        return new DuckEngine(zone, string.Create(CultureInfo.InvariantCulture,
            $"""
            SET TimeZone = {Translator.Quote(zone)};
            SET default_null_order = 'postgres';
            SET threads = {threads};
            SET memory_limit = '{_options.Memory / _options.MostQueries / (1024 * 1024)}MiB';
            SET temp_directory = {Translator.Quote(spill)};
            SET max_temp_directory_size = '{_options.SpillBytes / (1024 * 1024)}MiB';
            SET parquet_metadata_cache = true;
            SET enable_external_file_cache = false;
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET allowed_directories = [{string.Join(", ", _folders.Select(Translator.Quote))}];
            SET enable_external_access = false;
            SET lock_configuration = true;
            """));
    }
}

internal sealed class DuckEngine : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public DuckEngine(string zone, string settings)
    {
        Zone = zone;
        _connection.Open();
        using var command = _connection.CreateCommand();
        command.CommandText = settings;
        command.ExecuteNonQuery();
    }

    public string Zone { get; }

    /// <summary>Runs one SELECT, row by row; when the token is cancelled, DuckDB stops.</summary>
    public void Run(string sql, Func<DuckDBDataReader, bool> row, CancellationToken cancellationToken)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using var stop = new Interruption(command, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        using var reader = command.ExecuteReader();
        while (reader.Read() && row(reader))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Stops a command when it is cancelled. DuckDB forgets an interrupt that comes before the statement has begun, so it is told again until the statement has ended.</summary>
    private sealed class Interruption : IDisposable
    {
        private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

        private readonly DuckDBCommand _command;
        private readonly Lock _lock = new();
        private readonly Timer _timer;
        private readonly CancellationTokenRegistration _registration;
        private bool _hasEnded;

        public Interruption(DuckDBCommand command, CancellationToken cancellationToken)
        {
            _command = command;
            _timer = new Timer(static i => ((Interruption)i!).Interrupt(), this, Timeout.Infinite, Timeout.Infinite);
            _registration = cancellationToken.Register(static i => ((Interruption)i!)._timer.Change(TimeSpan.Zero, Every), this);
        }

        // What is still under way when the statement ends must not meet the next one.
        public void Dispose()
        {
            _registration.Dispose();
            lock (_lock)
            {
                _hasEnded = true;
            }

            _timer.Dispose();
        }

        private void Interrupt()
        {
            lock (_lock)
            {
                if (!_hasEnded)
                {
                    _command.Cancel();
                }
            }
        }
    }
}

using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;

namespace SmartCity.Core.Reports;

/// <summary>Runs reports on connections of their own: few at a time, with more time and memory than an ordinary query.</summary>
internal sealed class ReportRuns : IAsyncDisposable
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly SemaphoreSlim _turns;
    private readonly TimeSpan _timeout;

    public ReportRuns(PostgresConnection postgres, IOptions<ReportOptions> options, ILoggerFactory loggers)
    {
        _timeout = options.Value.Timeout;
        _turns = new SemaphoreSlim(options.Value.AtOnce);
        var source = new NpgsqlDataSourceBuilder(postgres.ConnectionString);
        source.UseLoggerFactory(loggers);
        PostgresConnection.KeepRowsOutOfErrors(source);
        source.ConnectionStringBuilder.ApplicationName = "smartcity-core-reports";
        source.ConnectionStringBuilder.CommandTimeout = (int)Math.Ceiling(_timeout.TotalSeconds);
        source.ConnectionStringBuilder.Options = string.Create(CultureInfo.InvariantCulture, $"{source.ConnectionStringBuilder.Options} -c work_mem={options.Value.WorkMemory}MB").Trim();
        _dataSource = source.Build();
    }

    /// <summary>Waits for its turn and runs.</summary>
    /// <exception cref="TimeoutException">A query took too long; the message says what to do.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlDataSource, CancellationToken, Task<T>> report, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_timeout);
        try
        {
            return await report(_dataSource, timeout.Token);
        }
        catch (Exception e) when (e is NpgsqlException { InnerException: TimeoutException } || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new TimeoutException($"The report took longer than {_timeout:g} and was stopped. Ask for fewer days, or set Core:Reports:Timeout higher.", e);
        }
        finally
        {
            _turns.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _dataSource.DisposeAsync();
        _turns.Dispose();
    }
}

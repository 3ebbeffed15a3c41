using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Reports;

public sealed class ReportRunTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_reports_run_at_a_time_and_the_others_wait_for_their_turn()
    {
        await using var connection = await core.Postgres.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var hold = new NpgsqlCommand("lock table passages in access exclusive mode", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        var asked = Enumerable.Range(0, 5).Select(_ => core.Http.GetAsync("/api/reports/hours", Token)).ToList();
        await CoreHost.UntilAsync(async () => await RunningAsync() == 2, "two reports wait for the table");
        await transaction.CommitAsync(Token);

        foreach (var answer in await Task.WhenAll(asked))
        {
            using (answer)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }

        Assert.Equal(2L, await core.Postgres.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'smartcity-core-reports'"));
    }

    [Fact]
    public async Task A_report_that_takes_too_long_is_stopped_and_says_what_to_do_and_has_its_own_memory()
    {
        var postgres = new PostgresConnection(core.Postgres.ConnectionString);
        await using var runs = new ReportRuns(postgres, Options.Create(new ReportOptions { Timeout = TimeSpan.FromSeconds(5), AtOnce = 1, WorkMemory = 77 }), NullLoggerFactory.Instance);

        var e = await Assert.ThrowsAsync<TimeoutException>(() => runs.RunAsync((data, token) => ScalarAsync(data, "select pg_sleep(60)::text", token), Token));

        Assert.Contains("0:00:05", e.Message, StringComparison.Ordinal);
        Assert.Contains("fewer days", e.Message, StringComparison.Ordinal);

        // The next has its turn.
        Assert.Equal("77MB", await runs.RunAsync((data, token) => ScalarAsync(data, "select current_setting('work_mem')", token), Token));
    }

    private Task<long> RunningAsync() => core.Postgres.ScalarAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'smartcity-core-reports' and wait_event_type = 'Lock'");

    private static async Task<string> ScalarAsync(NpgsqlDataSource data, string sql, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

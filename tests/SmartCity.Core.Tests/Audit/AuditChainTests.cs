using Npgsql;
using SmartCity.Core.Audit;
using SmartCity.Core.Tests.Database;

namespace SmartCity.Core.Tests.Audit;

/// <summary>Whoever may do anything to the database still cannot change the audit unseen.</summary>
public class AuditChainTests(PostgresServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("update audit set subject = 'XX99XXX' where number = 3", "line 3 was changed")]
    [InlineData("update audit set at = at + interval '1 hour' where number = 1", "line 1 was changed")]
    [InlineData("update audit set reason = null where number = 5", "line 5 was changed")]
    [InlineData("delete from audit where number = 2", "line 2 is missing")]
    [InlineData("delete from audit where number between 2 and 4", "lines 2 to 4 are missing")]
    [InlineData("delete from audit where number >= 4", "lines 4 to 5 are missing")]
    [InlineData("delete from audit where number = 1", "line 1 is missing")]
    [InlineData("delete from audit", "lines 1 to 5 are missing")]
    [InlineData("update audit set hash = sha256('forged'), subject = 'YY' where number = 4", "line 4 was changed")]
    [InlineData("update audit_head set number = 4", "the head is at line 4")]
    [InlineData("delete from audit_head", "the head is missing")]
    [InlineData("delete from audit where number = 5; update audit_head set number = 4", "the head is at line 4")]
    public async Task A_change_breaks_the_chain_where_it_was_made(string change, string fault)
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        await FillAsync(postgres.DataSource);
        Assert.Null((await AuditChain.CheckAsync(postgres.DataSource, Token)).Fault);

        await ExecuteAsync(postgres.DataSource, $"alter table audit disable trigger user; {change}");

        var verdict = await AuditChain.CheckAsync(postgres.DataSource, Token);
        Assert.StartsWith(fault, verdict.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update audit set subject = 'XX99XXX' where number = 3")]
    [InlineData("delete from audit")]
    [InlineData("truncate audit")]
    public async Task The_database_refuses_to_change_it(string change)
    {
        await using var postgres = new PostgresFixture(server);
        await postgres.InitializeAsync();
        await FillAsync(postgres.DataSource);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(postgres.DataSource, change));

        Assert.Contains("append-only", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal(5, (await AuditChain.CheckAsync(postgres.DataSource, Token)).Lines);
    }

    private static async Task FillAsync(NpgsqlDataSource dataSource)
    {
        var log = new AuditLog(dataSource, TimeProvider.System);
        for (var i = 1; i <= 5; i++)
        {
            await log.AppendAsync("someone", "vehicles.search", $"AB{i:00}CDE", "why not", i % 2 == 0 ? "{\"n\":1}" : null);
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}

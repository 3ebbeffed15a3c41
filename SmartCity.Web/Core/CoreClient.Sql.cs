using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    public Task<SqlView> SqlAsync(CancellationToken cancellationToken) => GetAsync<SqlView>("api/sql", cancellationToken);

    /// <summary>Runs a statement. Who does not wait for it any more cancels the token, and it ends.</summary>
    /// <param name="reason">Goes to the audit, and shows plates to who may see them; null for none.</param>
    /// <returns>The answer; or why there is none.</returns>
    public async Task<(SqlResult? Result, SqlFault? Fault)> RunSqlAsync(string sql, string? reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, "api/sql/run", reason, new SqlStatement(sql));
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return (await response.Content.ReadFromJsonAsync<SqlResult>(Json, cancellationToken), null);
        }

        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json" || await response.Content.ReadFromJsonAsync<ProblemDetails>(Json, cancellationToken) is not { Detail: { } detail } problem)
        {
            await CheckAsync(response, cancellationToken);
            throw new JsonException("The core's answer to a statement is empty.");
        }

        return (null, new SqlFault(
            detail,
            problem.Extensions.TryGetValue("hint", out var hint) ? hint?.ToString() : null,
            problem.Extensions.TryGetValue("position", out var at) && at is JsonElement { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null,
            problem.Extensions.TryGetValue("state", out var state) ? state?.ToString() : null));
    }

    /// <summary>Cancels the user's statement that is running.</summary>
    public Task CancelSqlAsync(CancellationToken cancellationToken) => DeleteAsync("api/sql/run", cancellationToken);

    /// <summary>The response to a statement as a file, to be passed on; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> ExportSqlAsync(string sql, string format, string? reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, QueryHelpers.AddQueryString("api/sql/export", "format", format), reason, new SqlStatement(sql));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>The statement that gives a report's numbers.</summary>
    public Task<SqlStatement> ReportSqlAsync(string report, string? from, string? to, CancellationToken cancellationToken) =>
        GetAsync<SqlStatement>(QueryHelpers.AddQueryString($"api/sql/reports/{Uri.EscapeDataString(report)}", Given(("from", from), ("to", to))), cancellationToken);

    public Task<IReadOnlyList<SqlQueryView>> SqlQueriesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<SqlQueryView>>("api/sql/queries", cancellationToken);

    public Task<SqlQueryView> SaveSqlAsync(SqlQueryChange query, CancellationToken cancellationToken) => PostAsync<SqlQueryView>("api/sql/queries", query, cancellationToken);

    public Task<SqlQueryView> ChangeSqlAsync(Guid id, SqlQueryChange query, CancellationToken cancellationToken) => PutAsync<SqlQueryView>($"api/sql/queries/{id}", query, cancellationToken);

    public Task DeleteSqlAsync(Guid id, CancellationToken cancellationToken) => DeleteAsync($"api/sql/queries/{id}", cancellationToken);
}

/// <summary>Why a statement has no answer.</summary>
/// <param name="Position">Of the fault in the statement, the first character being 1; null if it is nowhere.</param>
/// <param name="State">Postgres' five characters; null if it is not Postgres that refuses.</param>
public sealed record SqlFault(string Message, string? Hint, int? Position, string? State)
{
    /// <summary>Somebody cancelled it.</summary>
    public bool IsCancelled => State == "57014" && !Message.Contains("timeout", StringComparison.Ordinal);
}

using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Lake;

namespace SmartCity.Core.Sql;

/// <summary>A statement is run for somebody, and its rows are an answer or a file.</summary>
internal static class SqlRunEndpoints
{
    private const int MostCharactersOfValue = 10_000;
    private const int MostCharactersOfFileValue = 1_000_000;
    private static readonly string[] Numbers = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];

    public static async Task<Results<Ok<SqlResult>, ProblemHttpResult>> RunAsync(SqlStatement body, SqlRuns runs, IOptions<SqlOptions> options, ReadQuota quota, TimeProvider time, HttpContext http, CancellationToken cancellationToken)
    {
        if (Caller(http, body, quota, out var caller) is { } wrong)
        {
            return wrong;
        }

        SqlResult? result = null;
        var began = time.GetTimestamp();
        try
        {
            await runs.RunAsync(caller, "sql.run", body.Sql!, async (session, token) =>
            {
                result = await AnswerAsync(session, options.Value, token);
                return result.Rows.Count;
            }, cancellationToken);
            result = result! with { Milliseconds = time.GetElapsedTime(began).TotalMilliseconds };
        }
        catch (SqlFailedException e)
        {
            if (caller.MaySeePlates)
            {
                quota.Count(caller.Subject, 0, e.Message.Length); // an error may tell a plate
            }

            return e.ToProblem();
        }

        if (result.SawPlates)
        {
            quota.Count(caller.Subject, result.Rows.Count, result.Rows.Sum(CharactersOf));
        }

        return TypedResults.Ok(result);
    }

    /// <summary>CSV row by row, as they come, and Parquet when it is whole. A file that cannot be ended breaks off, so that nobody takes it for the whole.</summary>
    public static async Task<Results<EmptyHttpResult, ProblemHttpResult>> ExportAsync(SqlStatement body, SqlRuns runs, IOptions<SqlOptions> options, ReadQuota quota, TimeProvider time, HttpContext http, CancellationToken cancellationToken, string? format = null)
    {
        if (Caller(http, body, quota, out var caller) is { } wrong)
        {
            return wrong;
        }

        if (format is not (null or "csv" or "parquet"))
        {
            return Paging.Problem("format must be csv or parquet.");
        }

        try
        {
            await runs.RunAsync(caller, "sql.export", body.Sql!, async (session, token) =>
            {
                var rows = new Counted(session, options.Value.MostExportedRows);
                http.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=sql-{time.GetUtcNow():yyyy-MM-dd-HHmm}.{format ?? "csv"}");
                if (format == "parquet")
                {
                    await WriteParquetAsync(http.Response, session.Columns, rows.ReadAsync(MostCharactersOfFileValue, token), token);
                    return rows.Count;
                }

                http.Response.ContentType = "text/csv; charset=utf-8";
                await CsvExport.WriteAsync(http.Response.Body, [.. session.Columns.Select(c => c.Name)], rows.ReadAsync(MostCharactersOfFileValue, token), r => Fields(session.Columns, r), token);
                return rows.Count;
            }, cancellationToken);
        }
        catch (SqlFailedException e) when (!http.Response.HasStarted)
        {
            http.Response.Clear();
            return e.ToProblem();
        }
        catch (SqlFailedException)
        {
            http.Abort();
            return TypedResults.Empty;
        }
        finally
        {
            // Also one that broke off has shown rows.
            if (caller.MaySeePlates)
            {
                quota.CountExport(caller.Subject);
            }
        }

        return TypedResults.Empty;
    }

    private static async Task WriteParquetAsync(HttpResponse response, IReadOnlyList<SqlColumn> columns, IAsyncEnumerable<string?[]> rows, CancellationToken cancellationToken)
    {
        if (columns.Count == 0)
        {
            throw new SqlFailedException(StatusCodes.Status400BadRequest, "The statement has no columns, so there is nothing to put into a Parquet file.");
        }

        using var file = new TemporaryFile();
        using (var parquet = new SqlParquet(columns, file.Path))
        {
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                parquet.Add(row);
            }

            parquet.Close();
        }

        response.ContentType = "application/vnd.apache.parquet";
        response.ContentLength = file.Length;
        await response.SendFileAsync(file.Path, cancellationToken);
    }

    private static ProblemHttpResult? Caller(HttpContext http, SqlStatement body, ReadQuota quota, out SqlCaller caller)
    {
        var reason = AuditFilter.ReasonOf(http);
        var subject = SqlSlice.SubjectOf(http.User);
        var plates = reason.Length > 0 && SqlSlice.MaySeePlates(http.User);
        caller = new SqlCaller(subject, SqlSlice.NameOf(http.User), reason.Length > 0 ? reason : null, plates);
        return string.IsNullOrWhiteSpace(body.Sql) ? Paging.Problem("sql is missing: the statement.")
            : reason.Length > 0 && AuditFilter.CheckReason(reason) is { } bad ? bad
            : plates && quota.Spent(subject, ofSql: true) is { } spent ? TypedResults.Problem($"You have read {spent.What} with plates this hour, which is the limit ({spent.Setting}). Ask again in {spent.Minutes:0} minutes, or without a reason, which shows no plates.", statusCode: StatusCodes.Status429TooManyRequests)
            : null;
    }

    private static async Task<SqlResult> AnswerAsync(SqlSession session, SqlOptions limits, CancellationToken cancellationToken)
    {
        var rows = new List<string?[]>();
        var (characters, cut) = (0L, (string?)null);
        while (await session.NextAsync(MostCharactersOfValue, cancellationToken) is var (values, isCut))
        {
            if (rows.Count == limits.MostRows)
            {
                cut = string.Create(CultureInfo.InvariantCulture, $"Only the first {rows.Count:N0} rows are shown. The CSV file has all of them.");
                break;
            }

            characters += CharactersOf(values);
            if (characters > limits.MostCharacters)
            {
                cut = string.Create(CultureInfo.InvariantCulture, $"Only the first {rows.Count:N0} rows are shown, because the answer is too large. The CSV file has all of it.");
                break;
            }

            cut ??= isCut ? string.Create(CultureInfo.InvariantCulture, $"Texts longer than {MostCharactersOfValue:N0} characters are shortened here. The CSV file has more of them.") : null;
            rows.Add(values);
        }

        return new SqlResult(session.Columns, rows, cut, session.Where, session.Why, 0, session.SeesPlates);
    }

    // Numbers stay numbers: only a text can be taken for a formula.
    private static object?[] Fields(IReadOnlyList<SqlColumn> columns, string?[] row) =>
        [.. row.Select((v, i) => v is not null && Numbers.Any(n => columns[i].Type.StartsWith(n, StringComparison.Ordinal)) && decimal.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : (object?)v)];

    private static long CharactersOf(IReadOnlyList<string?> row) => row.Sum(v => (long)(v?.Length ?? 0));

    private sealed class Counted(SqlSession session, long most)
    {
        public long Count { get; private set; }

        public async IAsyncEnumerable<string?[]> ReadAsync(int mostCharacters, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (await session.NextAsync(mostCharacters, cancellationToken) is var (values, _))
            {
                if (++Count > most)
                {
                    throw new SqlFailedException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"The file would have more than {most:N0} rows (Core:Sql:MostExportedRows). Group the rows or ask for fewer days."));
                }

                yield return values;
            }
        }
    }
}

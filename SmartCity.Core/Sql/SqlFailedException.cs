using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace SmartCity.Core.Sql;

/// <summary>A statement was not run, or not to its end; the message says why.</summary>
internal sealed class SqlFailedException(int status, string message, string? state = null, string? hint = null, int position = 0) : Exception(message)
{
    private const string Canceled = "57014";

    // Postgres says in its error what could not be read: that may be as much as a statement returns.
    private const int LongestMessage = 300;

    /// <summary>Postgres' state of a statement that somebody cancelled, or that took too long.</summary>
    public static SqlFailedException Cancelled() => new(StatusCodes.Status409Conflict, "The statement was cancelled.", Canceled);

    public static SqlFailedException Of(PostgresException e) => new(StatusCodes.Status400BadRequest, Cut(e.MessageText), e.SqlState, e.Hint, e.Position);

    /// <summary>What Postgres says, without the end of what is very long.</summary>
    public static string Cut(string message) => message.Length <= LongestMessage ? message : message[..LongestMessage] + "…";

    /// <summary>For the caller: beside the sentence Postgres' state, its hint, and the character at which the fault is, the first being 1.</summary>
    public ProblemHttpResult ToProblem()
    {
        var more = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (state is not null)
        {
            more["state"] = state;
        }

        if (hint is not null)
        {
            more["hint"] = hint;
        }

        if (position > 0)
        {
            more["position"] = position;
        }

        return TypedResults.Problem(Message, statusCode: status, title: "The statement was not run to its end.", extensions: more);
    }
}

namespace SmartCity.Lake.Sql;

/// <summary>A statement is not certain to mean the same in the lake as in Postgres; the message says why, as the end of a sentence.</summary>
internal sealed class NotForTheLakeException(string reason) : Exception(reason);

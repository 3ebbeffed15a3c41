namespace SmartCity.AllInOne.Serving;

/// <summary>What is served, and what is ended with it, the last first.</summary>
/// <param name="connectionString">How it is reached; null where nobody needs to reach it.</param>
internal sealed class Served(string? connectionString, params IReadOnlyList<IAsyncDisposable> parts) : IAsyncDisposable
{
    public string? ConnectionString => connectionString;

    public async ValueTask DisposeAsync()
    {
        foreach (var part in parts.Reverse())
        {
            await part.DisposeAsync();
        }
    }
}

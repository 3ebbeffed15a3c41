namespace SmartCity.AllInOne.Infrastructure;

/// <summary>Something that ends at once among what takes time to end.</summary>
internal sealed class Ending(IDisposable inner) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        inner.Dispose();
        return ValueTask.CompletedTask;
    }
}

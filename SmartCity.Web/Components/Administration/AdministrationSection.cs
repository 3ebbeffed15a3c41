using Microsoft.AspNetCore.Components;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Administration;

/// <summary>A section of the Administration page: loads, does what is asked, says what went wrong, and lets go when it is left.</summary>
public abstract class AdministrationSection : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    [Inject]
    protected CoreClient Core { get; set; } = null!;

    /// <summary>What went wrong last; null when nothing did.</summary>
    protected string? Error { get; set; }

    protected CancellationToken Left => _stop.Token;

    protected abstract Task LoadAsync();

    protected override Task OnInitializedAsync() => TryAsync(() => Task.CompletedTask);

    /// <summary>Does something and loads again. True when it was done.</summary>
    protected async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            await LoadAsync();
            Error = null;
            return true;
        }
        catch (HttpRequestException e)
        {
            Error = Wording.Failure(e);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The page was left.
        }

        return false;
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }
}

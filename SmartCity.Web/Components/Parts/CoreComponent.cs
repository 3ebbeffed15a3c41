using Microsoft.AspNetCore.Components;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Parts;

/// <summary>What asks the core: does it one thing after the other, says what went wrong, and lets go of everything when it is left.</summary>
public abstract class CoreComponent : ComponentBase, IDisposable
{
    private readonly List<ITimer> _timers = [];
    private CancellationTokenSource _stop = new();

    protected CoreComponent() => Left = _stop.Token;

    [Inject]
    protected CoreClient Core { get; set; } = null!;

    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>What went wrong last; null when nothing did.</summary>
    protected string? Error { get; set; }

    /// <summary>Something is being done.</summary>
    protected bool Busy { get; private set; }

    /// <summary>Ends what is under way when the component is left or shows something else.</summary>
    protected CancellationToken Left { get; private set; }

    /// <summary>For people: what an answer of the core means here.</summary>
    protected virtual string Failure(HttpRequestException failure) => Wording.Failure(failure);

    protected Task<bool> TryAsync(Func<Task> work) => TryAsync(_ => work());

    /// <summary>Does something and keeps what went wrong. True when it was done.</summary>
    /// <param name="work">Gets <see cref="Left"/> as it is now: what is over by then leaves no trace.</param>
    protected async Task<bool> TryAsync(Func<CancellationToken, Task> work)
    {
        var left = Left;
        Busy = true;
        try
        {
            await work(left);
            Error = left.IsCancellationRequested ? Error : null;
            return !left.IsCancellationRequested;
        }
        catch (HttpRequestException e)
        {
            Error = left.IsCancellationRequested ? Error : Failure(e);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // Nobody waits for it any more.
        }
        finally
        {
            Busy = left == Left ? false : Busy;
        }

        return false;
    }

    /// <summary>Another thing is shown from now on: what is still on its way is of the one before, and is ended.</summary>
    protected void StartOver()
    {
        _stop.Cancel();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        (Left, Error, Busy) = (_stop.Token, null, false);
    }

    /// <summary>Does something again and again until the component is left; never twice at once.</summary>
    protected void Repeat(TimeSpan first, TimeSpan every, Func<Task> work)
    {
        var running = false;
        _timers.Add(Time.CreateTimer(_ => InvokeAsync(OnceAsync), null, first, every));

        async Task OnceAsync()
        {
            if (running || _stop.IsCancellationRequested)
            {
                return;
            }

            running = true;
            try
            {
                await work();
            }
            finally
            {
                running = false;
            }

            if (!_stop.IsCancellationRequested)
            {
                StateHasChanged();
            }
        }
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
            _timers.ForEach(t => t.Dispose());
            _stop.Cancel();
            _stop.Dispose();
        }
    }
}

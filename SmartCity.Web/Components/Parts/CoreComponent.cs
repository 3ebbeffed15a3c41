using Microsoft.AspNetCore.Components;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Parts;

/// <summary>What asks the core: says what went wrong, and lets go of everything when it is left.</summary>
public abstract class CoreComponent : ComponentBase, IDisposable
{
    private readonly List<ITimer> _timers = [];
    private CancellationTokenSource _stop = new();
    private string? _failed;
    private string? _unseen;
    private int _running;

    protected CoreComponent() => Left = _stop.Token;

    [Inject]
    protected CoreClient Core { get; set; } = null!;

    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>What went wrong with what was done last, or else with what is shown; null when nothing did.</summary>
    protected string? Error
    {
        get => _failed ?? _unseen;
        set => _failed = value;
    }

    /// <summary>Something is being done.</summary>
    protected bool Busy => _running > 0;

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
        _running++;
        var (ended, failure) = await EndedAsync(work, left);
        if (left != Left)
        {
            return false;
        }

        _running--;
        if (!left.IsCancellationRequested)
        {
            (_failed, _unseen) = ended ? (null, null) : (failure, _unseen);
        }

        return ended;
    }

    protected Task<bool> LookAsync(Func<Task> work) => LookAsync(_ => work());

    /// <summary>Fetches what is shown. What went wrong with something that was done meanwhile stays to be read. True when it was fetched.</summary>
    protected async Task<bool> LookAsync(Func<CancellationToken, Task> work)
    {
        var left = Left;
        var (ended, failure) = await EndedAsync(work, left);
        _unseen = left.IsCancellationRequested ? _unseen : failure;
        return ended;
    }

    /// <summary>Another thing is shown from now on: what is still on its way is of the one before, and is ended.</summary>
    protected void StartOver()
    {
        _stop.Cancel();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        (Left, _failed, _unseen, _running) = (_stop.Token, null, null, 0);
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
            catch (Exception e)
            {
                // Nobody waits for a timer: it is the page's.
                await DispatchExceptionAsync(e);
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

    // What went wrong is null when it ended, and when nobody waits for it any more.
    private async Task<(bool Ended, string? Failure)> EndedAsync(Func<CancellationToken, Task> work, CancellationToken left)
    {
        try
        {
            await work(left);
            return (!left.IsCancellationRequested, null);
        }
        catch (HttpRequestException e)
        {
            return (false, Failure(e));
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return (false, null);
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

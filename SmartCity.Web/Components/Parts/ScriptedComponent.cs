using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace SmartCity.Web.Components.Parts;

/// <summary>
/// A component that a script of its own draws or listens for. The script's module is imported once; what it makes is ended with the component. A page can be
/// left at any moment while that is under way: then nothing has failed, and nobody is told so.
/// </summary>
public abstract class ScriptedComponent : ComponentBase, IAsyncDisposable
{
    private IJSObjectReference? _module;
    private bool _left;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    /// <summary>What the script has made; null until then.</summary>
    protected IJSObjectReference? Made { get; private set; }

    /// <summary>The function of what was made that ends it.</summary>
    protected virtual string EndedBy => "remove";

    /// <summary>After each rendering, with the element in the page.</summary>
    protected abstract Task RenderedAsync(bool firstRender);

    /// <summary>Before what was made is ended.</summary>
    protected virtual Task LeavingAsync() => Task.CompletedTask;

    /// <summary>After it: the script calls nobody any more.</summary>
    protected virtual void Left()
    {
    }

    /// <summary>Calls a function of the module <c>js/{module}.js</c>.</summary>
    protected async Task CallAsync(string module, string function, params object?[] with)
    {
        _module ??= await Js.InvokeAsync<IJSObjectReference>("import", $"./js/{module}.js");
        await _module.InvokeVoidAsync(function, with);
    }

    /// <summary>The same, and keeps what it returns as <see cref="Made"/>.</summary>
    protected async Task MakeAsync(string module, string function, params object?[] with)
    {
        _module ??= await Js.InvokeAsync<IJSObjectReference>("import", $"./js/{module}.js");
        Made = await _module.InvokeAsync<IJSObjectReference>(function, with);
        if (_left)
        {
            await EndAsync();
        }
    }

    /// <summary>The same, where the browser may not be able to: maps need WebGL.</summary>
    /// <returns>Why it could not, in the browser's words; null when it is made.</returns>
    protected async Task<string?> TryMakeAsync(string module, string function, params object?[] with)
    {
        try
        {
            await MakeAsync(module, function, with);
            return null;
        }
        catch (JSException e) when (!_left)
        {
            return e.Message.Split('\n')[0];
        }
    }

    protected sealed override async Task OnAfterRenderAsync(bool firstRender)
    {
        try
        {
            await RenderedAsync(firstRender);
        }
        catch (Exception e) when (_left && e is JSException or JSDisconnectedException or ObjectDisposedException or OperationCanceledException)
        {
            // The page was left while this was made.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _left = true;
        await LeavingAsync();
        await EndAsync();
        Left();
        GC.SuppressFinalize(this);
    }

    private async Task EndAsync()
    {
        try
        {
            if (Made is not null)
            {
                await Made.InvokeVoidAsync(EndedBy);
                await Made.DisposeAsync();
            }

            if (_module is not null)
            {
                await _module.DisposeAsync();
            }
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException)
        {
            // The browser has gone, and what the script made with it.
        }
    }
}

using Microsoft.AspNetCore.Components;
using SmartCity.Web.Core;

namespace SmartCity.Web.Components.Parts;

/// <summary>A page that shows what its address says, the plate after its # too.</summary>
public abstract class AddressedComponent : CoreComponent
{
    private int _moves = -1;

    /// <summary>The plate of the address; null if it has none.</summary>
    protected string? PlateOfAddress => PlateAddress.In(Browser.Uri);

    [Inject]
    private NavigationManager Browser { get; set; } = null!;

    [CascadingParameter]
    private PageMoves Moved { get; set; } = PageMoves.None;

    /// <summary>Whether the browser has gone somewhere since this was asked last. A page is drawn anew for other reasons too.</summary>
    protected bool HasMoved()
    {
        if (Moved.Count == _moves)
        {
            return false;
        }

        _moves = Moved.Count;
        return true;
    }
}

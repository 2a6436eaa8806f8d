"""Long checks of safety: they kill, fill and flood what they have started (make drill)."""
